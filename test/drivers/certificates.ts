import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificates {
  readonly folder: string;
  /** The authority that signed the others. */
  readonly ca: string;
  readonly good: KeyPair;
  readonly expired: KeyPair;
  readonly otherHost: KeyPair;
}

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

const CONFIG = `
[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`;

/** Null where the machine has no openssl. */
export function makeCertificates(): Certificates | null {
  const folder = mkdtempSync(join(tmpdir(), 'quotascope-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  function signed(name: string, host: string, fromTo: readonly [string, string]): KeyPair {
    const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, ...names);
    const dates = ['-startdate', fromTo[0], '-enddate', fromTo[1]];
    const files = ['-cert', 'ca.pem', '-keyfile', 'ca.key', '-in', `${name}.csr`, '-out', `${name}.pem`];
    openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', ...dates, ...files);
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  }

  try {
    writeFileSync(join(folder, 'ca.cnf'), CONFIG);
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(join(folder, 'serial'), '01\n');
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '30',
      '-subj',
      '/CN=test authority',
    );
    const valid = ['20200101000000Z', '20490101000000Z'] as const;
    return {
      folder,
      ca: read('ca.pem'),
      good: signed('good', 'localhost', valid),
      expired: signed('expired', 'localhost', ['20200101000000Z', '20210101000000Z']),
      otherHost: signed('other', 'elsewhere.test', valid),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
