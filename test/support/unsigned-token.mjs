// Prints a token for the user of the first argument that lives for the seconds of the second: no broker outside of tests takes it.
const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')
const [, , sub, seconds] = process.argv
const iat = Date.now() / 1000
console.log(`${encoded({ alg: 'none' })}.${encoded({ sub, iat, exp: iat + Number(seconds) })}.`)
