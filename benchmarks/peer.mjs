// The JavaScript stack that everybody uses, at the same work on the same credentials, offline.
//
//   node --max-semi-space-size=256 benchmarks/peer.mjs work.json answer.json
//
// work.json: {seed, controller, created, documents, credentials, didDocument, rounds, lists}. Signs `documents`
// with @digitalbazaar/vc, verifies `credentials` (ours), each `rounds` times, and decodes status `lists`.
// answer.json: throughput of each round, our verdicts, and what a twin is compared with: proof values, hashes.
import {createHash} from 'node:crypto';
import {readFileSync, writeFileSync} from 'node:fs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as vc from '@digitalbazaar/vc';
import {decodeList} from '@digitalbazaar/vc-bitstring-status-list';
import jsonld from 'jsonld';

const [workFile, answerFile] = process.argv.slice(2);
const work = JSON.parse(readFileSync(workFile, 'utf8'));
const schemas = new URL('../schemas/contexts/', import.meta.url);
const read = name => JSON.parse(readFileSync(new URL(name, schemas), 'utf8'));
const held = {
  'https://www.w3.org/ns/credentials/v2': read('credentials-v2.json'),
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json': read('ob-v3p0-context-3.0.3.json'),
  'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json': read('ob-v3p0-extensions.json'),
  'https://www.w3.org/ns/did/v1': read('did-v1.json'),
  'https://w3id.org/security/multikey/v1': read('security-multikey-v1.json'),
  [work.didDocument.id]: work.didDocument
};
for(const method of work.didDocument.verificationMethod) {
  held[method.id] = {'@context': 'https://w3id.org/security/multikey/v1', ...method};
}

async function documentLoader(url) {
  if(!held[url]) {
    throw new Error(`not held: ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document: held[url]};
}

const key = await Ed25519Multikey.generate({
  controller: work.controller, seed: Uint8Array.from(Buffer.from(work.seed, 'hex'))
});
key.id = `${work.controller}#${key.publicKeyMultibase}`;

const sign = credential => vc.issue({
  credential,
  documentLoader,
  suite: new DataIntegrityProof({signer: key.signer(), date: work.created, cryptosuite})
});
const verify = credential => vc.verifyCredential({
  credential, documentLoader, suite: new DataIntegrityProof({cryptosuite}),
  checkStatus: async () => ({verified: true})
});

// Credentials per second of each round, one after the other as a service would answer them.
async function rates(things, act) {
  const found = [];
  for(let round = 0; round <= work.rounds; round++) {
    const begun = process.hrtime.bigint();
    for(const thing of things) {
      await act(thing);
    }
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
    if(round) {  // the first one warms up
      found.push(things.length / seconds);
    }
  }
  return found;
}

const fresh = text => JSON.parse(text);
const documents = work.documents.map(document => JSON.stringify(document));
const credentials = work.credentials.map(credential => JSON.stringify(credential));
const verdicts = [];
const refusals = [];
for(const text of credentials) {
  const {verified, error} = await verify(fresh(text));
  verdicts.push(verified);
  if(!verified && refusals.length < 3) {
    refusals.push(String(error?.errors?.[0]?.message ?? error));
  }
}
const values = [];
const hashes = [];
for(const text of documents) {
  values.push((await sign(fresh(text))).proof.proofValue);
  const quads = await jsonld.canonize(fresh(text), {
    algorithm: 'RDFC-1.0', format: 'application/n-quads', safe: true, documentLoader
  });
  hashes.push(createHash('sha256').update(quads).digest('hex'));
}
const lists = [];
for(const encodedList of work.lists ?? []) {
  const list = await decodeList({encodedList});
  const on = [];
  for(let index = 0; index < list.length; index++) {
    if(list.getStatus(index)) {
      on.push(index);
    }
  }
  lists.push({length: list.length, on: createHash('sha256').update(on.join()).digest('hex')});
}
writeFileSync(answerFile, JSON.stringify({
  sign: work.rounds ? await rates(documents, text => sign(fresh(text))) : [],
  verify: work.rounds ? await rates(credentials, text => verify(fresh(text))) : [],
  verdicts, refusals, values, hashes, lists
}));
