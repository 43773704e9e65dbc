import type { Analysis } from '../model/analysis.ts';
import type { CompareFold } from './compare.ts';
import { exitCode, overallVerdict } from './verdict.ts';

/** The finished analysis with its comparison, and with claims decided by their intervals; verdict and exit code follow. */
export function withComparison(document: Analysis, compared: CompareFold): Analysis {
  const { comparison, findings } = compared.finish({
    findings: document.findings,
    warnings: warningsOf(document),
    durationMs: document.durationMs,
  });
  const verdict = overallVerdict(findings);
  return { ...document, comparison, findings, verdict, exitCode: exitCode(verdict, document.stop) };
}

function warningsOf({ health, stop }: Analysis): readonly string[] {
  const warnings: string[] = [];
  if (health.verdict !== 'valid') {
    warnings.push(`the generator was ${health.verdict}: ${health.reasons[0] ?? 'see generator health'}`);
  }
  if (stop.kind !== 'completed') warnings.push('the run ended before its plan: later phases are not compared');
  return warnings;
}
