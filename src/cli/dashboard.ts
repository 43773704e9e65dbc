import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import type { RunView } from '../commands/live-load.ts';
import type { Progress } from '../commands/progress.ts';
import type { Safety } from '../model/safety.ts';
import { painter } from './style.ts';
import { countText, durationText, moneyText, rateText } from './units-text.ts';

const REDRAW_MS = 500;
/** Without a terminal: one plain line, seldom enough for a log. */
const LINE_MS = 10_000;
const BAR_COLUMNS = 24;

export interface Dashboard {
  start(view: RunView): void;
  stop(): void;
}

export interface DashboardOptions {
  readonly stream: NodeJS.WriteStream;
  readonly safety: Safety;
  readonly quiet: boolean;
}

/** Live progress on stderr: a small block that redraws itself on a terminal, one line every 10 s elsewhere. */
export function dashboard(options: DashboardOptions): Dashboard {
  if (options.quiet) return { start: () => {}, stop: () => {} };
  return options.stream.isTTY ? redrawing(options) : plainLines(options);
}

function redrawing({ stream, safety }: DashboardOptions): Dashboard {
  let timer: NodeJS.Timeout | null = null;
  let drawn = 0;
  let draw = () => {};
  return {
    start(view) {
      draw = () => {
        const lines = blockLines(view.progress(), safety, stream);
        moveCursor(stream, 0, -drawn);
        cursorTo(stream, 0);
        clearScreenDown(stream);
        stream.write(`${lines.join('\n')}\n`);
        drawn = lines.length;
      };
      draw();
      timer = setInterval(draw, REDRAW_MS);
    },
    stop() {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      draw();
    },
  };
}

function plainLines({ stream, safety }: DashboardOptions): Dashboard {
  let timer: NodeJS.Timeout | null = null;
  let line = () => {};
  return {
    start(view) {
      line = () => void stream.write(`${plainLine(view.progress(), safety)}\n`);
      timer = setInterval(line, LINE_MS);
    },
    stop() {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      line();
    },
  };
}

function blockLines(progress: Progress, safety: Safety, stream: NodeJS.WriteStream): string[] {
  const paint = painter(stream);
  const done = Math.min(1, Math.max(0, progress.elapsedMs / Math.max(1, progress.totalMs)));
  const filled = Math.round(done * BAR_COLUMNS);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_COLUMNS - filled)}`;
  const counts = Object.entries(progress.byOutcome)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([label, count]) => `${paint(styleOf(label), label)} ${countText(count)}`);
  const lines = [
    `${bar} ${timeText(progress)}  ${paint('bold', phaseName(progress))}`,
    `offered ${rateText(progress.offeredPerSecond)}  admitted ${rateText(progress.admittedPerSecond)}  in flight ${progress.inFlight}  ${spendingText(progress, safety)}`,
    counts.length === 0 ? paint('dim', 'no answer yet') : counts.join('  '),
  ];
  const columns = stream.columns || 80;
  return lines.map((line) => clipped(line, columns));
}

/** A line that wraps would break the redraw; colour codes take no column. */
function clipped(line: string, columns: number): string {
  let visible = 0;
  let out = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with the escape character
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith('\x1b')) out += part;
    else {
      const room = Math.max(0, columns - 1 - visible);
      out += part.slice(0, room);
      visible += Math.min(part.length, room);
    }
  }
  return out;
}

function plainLine(progress: Progress, safety: Safety): string {
  const counts = Object.entries(progress.byOutcome).map(([label, count]) => `${label}=${count}`);
  return [
    timeText(progress),
    phaseName(progress),
    `offered=${rateText(progress.offeredPerSecond)}`,
    `admitted=${rateText(progress.admittedPerSecond)}`,
    `in_flight=${progress.inFlight}`,
    ...counts,
    spendingText(progress, safety),
  ].join('  ');
}

function timeText(progress: Progress): string {
  if (progress.elapsedMs < 0) return `resting, ${durationText(-progress.elapsedMs)} to go`;
  return `${durationText(progress.elapsedMs)} / ${durationText(progress.totalMs)}`;
}

function phaseName(progress: Progress): string {
  if (progress.elapsedMs < 0) return 'rest';
  return progress.phase?.label ?? 'waiting for the last answers';
}

function spendingText(progress: Progress, safety: Safety): string {
  const tokens = `${countText(progress.tokens)}${safety.maxTokens === null ? '' : ` of ${countText(safety.maxTokens)}`} tokens`;
  const money = safety.maxCostUsd === null ? '' : `, ${moneyText(progress.costUsd)} of ${moneyText(safety.maxCostUsd)}`;
  return tokens + money;
}

function styleOf(label: string): 'green' | 'yellow' | 'red' | 'dim' {
  if (label === 'ok') return 'green';
  if (label.startsWith('limited.')) return 'yellow';
  return label.startsWith('not_sent') ? 'dim' : 'red';
}
