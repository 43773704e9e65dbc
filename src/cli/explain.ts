import { type Command, InvalidArgumentError } from 'commander';

export interface ExplainFlags {
  readonly status?: number;
  readonly header: readonly string[];
  readonly file?: string;
  readonly jsonl?: boolean;
  readonly json?: boolean;
  readonly baseUrl?: string;
  readonly model?: string;
}

export function addExplain(program: Command): void {
  program
    .command('explain')
    .description('what does this error body mean, who said it, does waiting help, what to do about it')
    .argument('[body]', 'the body; read from --file or stdin when left out')
    .option('--status <code>', 'HTTP status it came with', statusCode)
    .option('--header <name: value>', 'a response header; may be repeated', collect, [])
    .option('--base-url <url>', 'address that was called: one code means different things at different providers')
    .option('--model <name>', 'model that was asked')
    .option('--file <path>', 'read the body from a file')
    .option('--jsonl', 'the input has one exchange per line: {"status":429,"headers":{},"body":"..."}')
    .option('--json', 'print one JSON line per exchange')
    .addHelpText(
      'after',
      `
Examples
  $ quotascope explain '{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}' --status 429 \\
      --base-url https://dashscope-intl.aliyuncs.com/compatible-mode/v1
  $ pbpaste | quotascope explain --status 429 --header 'retry-after: 30'
  $ quotascope explain --jsonl --json --file exchanges.ndjson
`,
    )
    .action(async (body: string | undefined, flags: ExplainFlags) => {
      const { explainInput } = await import('./explain-action.ts');
      await explainInput(body, flags);
    });
}

function statusCode(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 100 || value > 599)
    throw new InvalidArgumentError('A status from 100 to 599.');
  return value;
}

function collect(line: string, lines: readonly string[]): readonly string[] {
  if (!line.includes(':')) throw new InvalidArgumentError('A header reads `name: value`.');
  return [...lines, line];
}
