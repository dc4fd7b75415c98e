// Express 4 under its alias. The parts that the tests use are typed as those of Express 5.
declare module 'express4' {
  import express from 'express';
  export default express;
}
