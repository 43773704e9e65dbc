/** The public API: every command as a function without argv, and the vocabulary their results are written in. */
export { type CalibrateOptions, type CalibrateOutput, calibrate } from './commands/calibrate.ts';
export type { Calibration, RateCalibration } from './commands/calibration-cache.ts';
export { type CompareRunsOptions, type CompareRunsOutput, compareEarlierRuns } from './commands/compare.ts';
export { EXIT, type ExitCode } from './commands/exit-code.ts';
export { type ExchangeLike, type Explanation, explain } from './commands/explain.ts';
export type { CommandResult, Failure } from './commands/failure.ts';
export { type ForecastOptions, type ForecastOutput, forecast } from './commands/forecast.ts';
export { LIMITER_NAMES } from './commands/limiter-family.ts';
export type { RunView } from './commands/live-load.ts';
export {
  type LoadedScenario,
  type LoadOptions,
  loadScenario,
  type ScenarioOverrides,
} from './commands/load-scenario.ts';
export { type Plan, planOf } from './commands/plan.ts';
export type { Progress } from './commands/progress.ts';
export { type ReportFolderOptions, type ReportOutput, reportFolder } from './commands/report.ts';
export { type RunOptions, type RunOutput, runScenario } from './commands/run.ts';
export { parseSimulatorFlags, type ServedSimulator, type SimulatorFlags, simulate } from './commands/simulate.ts';
export { type SizeOptions, type SizeOutput, size } from './commands/size.ts';
export { listTargets, type TargetsListing } from './commands/targets.ts';
export type { Analysis } from './model/analysis.ts';
export type { Exchange } from './model/exchange.ts';
export type { Estimate, Finding, QuotaVerdict } from './model/finding.ts';
export type { JournalRecord } from './model/journal.ts';
export type { Manifest } from './model/manifest.ts';
export type { LimitKind, Origin, Outcome } from './model/outcome.ts';
export type { Problem } from './model/problem.ts';
export type { Scenario } from './model/scenario.ts';
export type { SimulatorSettings } from './model/simulator.ts';
export type { SizeSheet } from './model/size.ts';
