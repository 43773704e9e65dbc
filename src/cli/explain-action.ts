import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { EXIT } from '../commands/exit-code.ts';
import {
  type ExchangeLike,
  type Explanation,
  explain,
  explanationLine,
  readExchangeLine,
} from '../commands/explain.ts';
import { errorMessage } from '../commands/failure.ts';
import type { ExplainFlags } from './explain.ts';
import { printFailure } from './result.ts';
import { painter } from './style.ts';
import { durationText } from './units-text.ts';

/** Explains one body, or one exchange per line: from the argument, a file or stdin. */
export async function explainInput(body: string | undefined, flags: ExplainFlags): Promise<void> {
  const input = inputStream(body, flags);
  if (input === null) return;
  try {
    if (flags.jsonl) await explainLines(input, flags.json === true);
    else print(explain(exchangeFrom(await textOf(input), flags), new Date()), flags.json === true);
  } catch (error) {
    process.stderr.write(`cannot read the input: ${errorMessage(error)}\n`);
    process.exitCode = EXIT.usage;
  }
}

type Input = string | NodeJS.ReadableStream;

function inputStream(body: string | undefined, flags: ExplainFlags): Input | null {
  if (body !== undefined) return body;
  try {
    if (flags.file !== undefined) return readFileSync(flags.file, 'utf8');
  } catch (error) {
    process.stderr.write(`cannot read ${flags.file}: ${errorMessage(error)}\n`);
    process.exitCode = EXIT.usage;
    return null;
  }
  if (process.stdin.isTTY) process.stderr.write('Paste the body, then Ctrl-D.\n');
  return process.stdin;
}

async function textOf(input: Input): Promise<string> {
  if (typeof input === 'string') return input;
  let text = '';
  for await (const chunk of input) text += chunk;
  return text;
}

function exchangeFrom(text: string, flags: ExplainFlags): ExchangeLike {
  const headers = flags.header.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return {
    status: flags.status ?? null,
    headers: Object.fromEntries(headers),
    body: text,
    ...(flags.baseUrl === undefined ? {} : { baseUrl: flags.baseUrl }),
    ...(flags.model === undefined ? {} : { model: flags.model }),
  };
}

/** A line that cannot be read is reported and skipped; the others are explained all the same. */
async function explainLines(input: Input, json: boolean): Promise<void> {
  let number = 0;
  const lines = typeof input === 'string' ? input.split('\n') : createInterface({ input, crlfDelay: Infinity });
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const read = readExchangeLine(line, number);
    if (read.ok) print(explain(read.exchange, new Date()), json);
    else printFailure(read);
  }
}

function print(explanation: Explanation, json: boolean): void {
  process.stdout.write(json ? `${explanationLine(explanation)}\n` : `${explanationText(explanation)}\n`);
}

function explanationText(explanation: Explanation): string {
  const paint = painter(process.stdout);
  const { advice, evidence } = explanation;
  const rows: readonly (readonly [string, string | null])[] = [
    [
      'what',
      explanation.limit === null
        ? explanation.kind.replace('_', ' ')
        : `limited: ${explanation.limit.replace('_', ' ')}`,
    ],
    ['who', whoText(explanation)],
    ['waiting', waitingText(explanation)],
    ['may be', evidence.candidates.length === 0 ? null : evidence.candidates.join(' or ')],
    [
      'rule',
      explanation.ruleId === null
        ? null
        : `${explanation.ruleId}${evidence.reason === null ? '' : `: ${evidence.reason}`}`,
    ],
    ['source', explanation.source],
  ];
  return [
    paint('bold', advice.headline),
    ...rows.flatMap(([name, text]) => (text === null ? [] : [`  ${paint('dim', name.padEnd(8))} ${text}`])),
    ...(advice.steps.length === 0 ? [] : [`  ${paint('dim', 'do')}`, ...advice.steps.map((step) => `    - ${step}`)]),
  ].join('\n');
}

function whoText({ origin, originName, rewrittenBy }: Explanation): string {
  const name = originName === null ? origin : `${originName} (${origin})`;
  return rewrittenBy === null ? name : `${name}, in the words of ${rewrittenBy}`;
}

function waitingText({ heals, retryAfterMs, limit }: Explanation): string | null {
  if (limit === null) return null;
  const stated = retryAfterMs === null ? '' : `, ${durationText(retryAfterMs)} stated`;
  switch (heals) {
    case 'seconds':
      return `helps, about a minute${stated}`;
    case 'window':
      return `helps when its window is over${stated}`;
    case 'never':
      return 'does not help';
    default:
      return `unknown${stated}`;
  }
}
