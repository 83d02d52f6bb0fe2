// Node's own cryptography checks compact JWS against a key set, with no library of ours or of others.
//
//   node tests/interop/jwt.mjs jwks.json token.jwt [more.jwt …]
//
// Prints { "<file>": {"verified": true|false, "header": {…}, "payload": {…}} }. A header may name its key by
// `kid` or hold it as `jwk`.
import {createPublicKey, verify} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';

const [keySet, ...files] = process.argv.slice(2);
const {keys} = JSON.parse(readFileSync(keySet, 'utf8'));
const json = part => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));

function check(token) {
  const [head, body, signature] = token.split('.');
  const header = json(head);
  const jwk = header.jwk ?? keys.find(({kid}) => kid === header.kid);
  const hash = {RS256: 'sha256', ES256: 'sha256', EdDSA: null}[header.alg];
  const key = createPublicKey({key: jwk, format: 'jwk'});
  const verified = verify(
    hash, Buffer.from(`${head}.${body}`), {key, dsaEncoding: 'ieee-p1363'}, Buffer.from(signature, 'base64url'));
  return {verified, header, payload: json(body)};
}

const answers = files.map(file => [basename(file), check(readFileSync(file, 'utf8'))]);
console.log(JSON.stringify(Object.fromEntries(answers)));
