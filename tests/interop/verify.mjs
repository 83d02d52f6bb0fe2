// Two JavaScript verifiers that share no code with us give their opinion of credentials, offline.
//
//   node tests/interop/verify.mjs --documents documents.json credential.json [more.json …]
//
// documents.json maps a DID or an address to its document (DID documents, status lists). Prints
// { "<file>": { "digitalbazaar": {"verdict", "errors"}, "digitalcredentials": {…} } } where verdict
// is valid, suspended, revoked or invalid. Exits 0 when every file is valid for both, 1 otherwise.
import {existsSync, readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';

const {values, positionals} = parseArgs({
  options: {documents: {type: 'string'}},
  allowPositionals: true
});
if(!positionals.length) {
  console.error('usage: node verify.mjs [--documents documents.json] credential.json …');
  process.exit(2);
}

const schemas = new URL('../../schemas/', import.meta.url);
const pinned = {
  'https://www.w3.org/ns/credentials/v2': 'contexts/credentials-v2.json',
  'https://www.w3.org/2018/credentials/v1': 'contexts/credentials-v1.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json':
    'contexts/ob-v3p0-context-3.0.3.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json': 'contexts/ob-v3p0-extensions.json',
  'https://www.w3.org/ns/did/v1': 'contexts/did-v1.json',
  'https://w3id.org/security/multikey/v1': 'contexts/security-multikey-v1.json',
  'https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json':
    'ob_v3p0/ob_v3p0_achievementcredential_schema.json'
};
const read = path => JSON.parse(readFileSync(path, 'utf8'));
const documents = values.documents ? read(values.documents) : {};

// What stands at an address or DID: a pinned file, or a document of the caller's; never the network.
function lookUp(url) {
  if(pinned[url]) {
    return read(new URL(pinned[url], schemas));
  }
  return documents[url] ?? documents[didOf(url)] ?? documents[addressOf(url)];
}

function didOf(address) {
  const match = /^https:\/\/([^/]+)\/(.*)did\.json$/.exec(address);
  if(!match) {
    return undefined;
  }
  const path = match[2] === '.well-known/' ? '' : match[2].replace(/\/$/, '');
  return ['did:web', match[1].replace(':', '%3A'), ...path.split('/').filter(Boolean)].join(':');
}

function addressOf(did) {
  if(!did.startsWith('did:web:')) {
    return undefined;
  }
  const [host, ...path] = did.slice('did:web:'.length).split(':');
  return `https://${decodeURIComponent(host)}/${path.join('/') || '.well-known'}/did.json`;
}

// Digital Bazaar's loader contract: a DID URL with a fragment gives the method on its own.
async function documentLoader(url) {
  const [base, fragment] = url.split('#');
  let document = lookUp(url) ?? lookUp(base);
  if(document && fragment && url.startsWith('did:') && document.id !== url) {
    const method = (document.verificationMethod ?? []).find(({id}) => id === url);
    document = method && {'@context': 'https://w3id.org/security/multikey/v1', ...method};
  }
  if(!document) {
    throw new Error(`NotFoundError: ${url} is not in the map of documents`);
  }
  return {contextUrl: null, documentUrl: url, document};
}

// DCC's verifier brings its own loader, which fetches: give it a network made of the same map.
globalThis.fetch = async input => {
  const url = typeof input === 'string' ? input : input.url ?? String(input);
  const document = lookUp(url) ?? lookUp(url.split('#')[0]);
  return new Response(document ? JSON.stringify(document) : 'not in the map of documents', {
    status: document ? 200 : 404,
    headers: {'content-type': document ? 'application/json' : 'text/plain'}
  });
};

// Libraries chat on stdout; ours is for the JSON answer alone.
console.log = console.warn = console.error;

const {DataIntegrityProof} = await import('@digitalbazaar/data-integrity');
const {cryptosuite} = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const vc = await import('@digitalbazaar/vc');
const {checkStatus} = await import('@digitalbazaar/vc-bitstring-status-list');
const dcc = await import('@digitalcredentials/verifier-core');

const messages = error => error
  ? [error.message, ...(error.errors ?? []).flatMap(messages), ...messages(error.cause)]
  : [];

// What a bit that is on says, by the purpose of its list.
const verdicts = {revocation: 'revoked', suspension: 'suspended'};

async function digitalBazaar(credential) {
  const suite = new DataIntegrityProof({cryptosuite});
  const options = {credential, suite, documentLoader};
  const signature = await vc.verifyCredential({
    ...options, checkStatus: async () => ({verified: true})
  });
  if(!signature.verified) {
    return {verdict: 'invalid', errors: messages(signature.error)};
  }
  if(!credential.credentialStatus) {
    return {verdict: 'valid', errors: []};
  }
  const status = await checkStatus(options);
  if(status.error || !status.results?.length) {
    return {verdict: 'invalid', errors: messages(status.error)};
  }
  const set = status.results.find(result => result.status);
  return {verdict: set ? verdicts[set.credentialStatus.statusPurpose] : 'valid', errors: []};
}

async function digitalCredentials(credential) {
  const answer = await dcc.verifyCredential({credential, knownDIDRegistries: []});
  const log = Object.fromEntries((answer.log ?? []).map(step => [step.id, step]));
  const faults = [...(answer.errors ?? []), ...(answer.log ?? []).map(({error}) => error)];
  const errors = faults.filter(Boolean).map(({name, message}) => `${name}: ${message}`);
  // Its revocation_status is true when the credential is NOT revoked; so is its suspension_status.
  const set = Object.keys(verdicts).find(purpose => log[`${purpose}_status`]?.valid === false);
  const schema = answer.additionalInformation?.find(({id}) => id === 'schema_check');
  const schemaHolds = Array.isArray(schema?.results) ?
    schema.results.every(({result}) => result.valid) : schema?.results === 'NO_SCHEMA';
  const sound = log.valid_signature?.valid && log.expiration?.valid !== false && schemaHolds;
  if(!sound || (errors.length && !set)) {
    return {verdict: 'invalid', errors: schemaHolds ? errors : [...errors, 'schema']};
  }
  return {verdict: set ? verdicts[set] : 'valid', errors};
}

const answers = {};
for(const file of positionals) {
  if(!existsSync(file)) {
    console.error(`no such file: ${file}`);
    process.exit(2);
  }
  answers[file] = {
    digitalbazaar: await digitalBazaar(read(file)),
    digitalcredentials: await digitalCredentials(read(file))
  };
}
process.stdout.write(JSON.stringify(answers, null, 2) + '\n');
const all = Object.values(answers).flatMap(Object.values);
process.exitCode = all.every(({verdict}) => verdict === 'valid') ? 0 : 1;
