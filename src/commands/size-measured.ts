import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ANALYSIS_SCHEMA_VERSION, type Analysis } from '../model/analysis.ts';
import type { MeasuredLimits } from '../model/size.ts';
import { type CommandResult, errorMessage, usageFailure } from './failure.ts';
import { analyseFolder } from './report.ts';

/** What an earlier run measured: its findings, or, where they were not written, its journal. */
export function readMeasured(folder: string): CommandResult<{ readonly measured: MeasuredLimits }> {
  const stored = readFindings(folder);
  if (stored !== null) return 'ok' in stored ? stored : { ok: true, measured: measuredOf(stored) };
  const analysed = analyseFolder({ folder, generatedAt: new Date(0) });
  return analysed.ok ? { ok: true, measured: measuredOf(analysed.analysis) } : analysed;
}

/** Null when there is no such file. */
function readFindings(folder: string): Analysis | Extract<CommandResult<object>, { ok: false }> | null {
  let text: string;
  try {
    text = readFileSync(join(folder, 'findings.json'), 'utf8');
  } catch {
    return null;
  }
  const unreadable = (why: string) =>
    usageFailure({
      code: 'measured-unreadable',
      severity: 'error',
      message: `${join(folder, 'findings.json')} ${why}`,
      hint: `write it again: quotascope report ${folder}`,
      where: null,
    });
  try {
    const value = JSON.parse(text) as Partial<Analysis> | null;
    if (value?.schemaVersion !== ANALYSIS_SCHEMA_VERSION || !Array.isArray(value.quota) || !value.manifest) {
      return unreadable(`is not an analysis of schema ${ANALYSIS_SCHEMA_VERSION}`);
    }
    return value as Analysis;
  } catch (error) {
    return unreadable(`cannot be read: ${errorMessage(error)}`);
  }
}

function measuredOf({ manifest, quota }: Analysis): MeasuredLimits {
  const [first] = manifest.variants;
  return {
    run: manifest.runId,
    kind: manifest.kind,
    startedAt: manifest.createdAt,
    target: first.targetName,
    model: first.model,
    isSimulator: manifest.variants.some(({ isSimulator }) => isSimulator),
    limits: quota.map(({ limit, variant, documented, result, estimate, why }) => ({
      limit,
      variant,
      documented,
      result,
      estimate,
      why,
    })),
  };
}
