const REDACTED = '[redacted]';
/** Shorter secrets would blank out ordinary words. */
const SECRET_CHARACTERS_MIN = 6;

const BEARER = /\bBearer\s+[^\s"',;\\]+/gi;
/** Keys that are not ours, or ours in part: providers echo them shortened (`sk-abcd****wxyz`). */
const KEY_LIKE = /\bsk-[\w*.-]{6,}/g;
/** Organisation, project and user ids as OpenAI-style errors name them. */
const ACCOUNT = /\b(?:org|proj|user)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{8,}/g;
const MAIL = /[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,6}/g;

/** Takes secrets out of a text that came from outside. Equal input gives equal output. */
export type Redact = (text: string) => string;

/** Takes out the key values themselves: whole, and by the first ten or last eight characters of a long one. */
export function secretRemover(secrets: readonly string[]): Redact {
  const parts = [...new Set(secrets.filter((secret) => secret.length >= SECRET_CHARACTERS_MIN).flatMap(quotable))];
  parts.sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const part of parts) if (clean.includes(part)) clean = clean.replaceAll(part, REDACTED);
    return clean;
  };
}

/** The same, and bearer tokens, key-like words, account ids and mail addresses, whoever they belong to. */
export function redactor(secrets: readonly string[]): Redact {
  const withoutSecrets = secretRemover(secrets);
  return (text) => {
    let clean = withoutSecrets(text);
    if (clean.includes('earer') || clean.includes('EARER')) clean = clean.replace(BEARER, `Bearer ${REDACTED}`);
    if (clean.includes('sk-')) clean = clean.replace(KEY_LIKE, REDACTED);
    if (clean.includes('org') || clean.includes('proj') || clean.includes('user')) {
      clean = clean.replace(ACCOUNT, REDACTED);
    }
    return clean.includes('@') ? clean.replace(MAIL, REDACTED) : clean;
  };
}

/** Parts are only told apart from ordinary text where the secret is long enough. */
function quotable(secret: string): readonly string[] {
  return secret.length >= 20 ? [secret, secret.slice(0, 10), secret.slice(-8)] : [secret];
}
