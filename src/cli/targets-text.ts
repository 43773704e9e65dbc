import type { TargetsListing } from '../commands/targets.ts';
import { countText } from './units-text.ts';

/** Three tables: where, how much, at what price; each row with the day it was read. */
export function targetsText({ targets, quotas, prices }: TargetsListing): string {
  return [
    'Targets',
    ...table(
      targets.map(({ name, baseUrl, dialect, keyEnv, region, isSimulator }) => [
        name,
        isSimulator ? '(embedded)' : (baseUrl ?? '(give it with --base-url)'),
        dialect,
        keyEnv ?? 'no key',
        region ?? '',
      ]),
    ),
    '',
    'Published quotas (requests and tokens per minute, per root account and model)',
    ...table(
      quotas.map((row) => [
        row.model,
        row.region,
        `${countText(row.rpm)} RPM`,
        row.tpm === null ? 'TPM not certain' : `${countText(row.tpm)} TPM`,
        row.seenOn,
        row.source,
      ]),
    ),
    '',
    'Prices (USD per million tokens; what is not listed is unknown)',
    ...table(
      prices.map(({ target, model, price }) => [
        target,
        model,
        `${price.inputUsdPerMillion} in / ${price.outputUsdPerMillion} out`,
        price.seenOn ?? '',
        price.source,
      ]),
    ),
    '',
  ].join('\n');
}

/** Columns as wide as their widest cell; the last one runs free. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    `  ${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ')}`.trimEnd(),
  );
}
