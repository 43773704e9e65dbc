import type { ServerResponse } from 'node:http';
import type { Cancel } from '../../model/clock.ts';
import type { AnswerPlan, AnswerPlanned, RefusalPlanned, ResetPlanned } from '../core/plan.ts';
import { compatibleAnswer, compatibleStream } from '../wire/compatible.ts';
import { streamFrames, type TimedText } from '../wire/frames.ts';
import { type NativeFormat, nativeAnswer, nativeStream } from '../wire/native.ts';
import type { Timers } from './timers.ts';

export interface Stage {
  readonly response: ServerResponse;
  readonly timers: Timers;
  /** Way back to the client. */
  readonly networkMs: number;
  readonly format: NativeFormat;
}

/** Every plan but `queued`, which its caller asks again for. */
export type PlayablePlan = Exclude<AnswerPlan, { readonly kind: 'queued' }>;

/** Writes a plan to a socket at its times. Stops by itself when the client goes away. */
export function play(plan: PlayablePlan, stage: Stage): void {
  switch (plan.kind) {
    case 'answer':
      if (plan.call.stream) playStream(plan, stage);
      else playDocument(plan, stage);
      break;
    case 'refusal':
      playRefusal(plan, stage);
      break;
    case 'reset':
      playReset(plan, stage);
      break;
    case 'hang':
      break;
    default:
      plan satisfies never;
  }
}

/** Runs at the plan's time plus the way back, unless the client has gone. */
function later({ response, timers, networkMs }: Stage, atMs: number, action: () => void): void {
  let cancel: Cancel = () => {};
  const stop = () => cancel();
  response.once('close', stop);
  cancel = timers.at(atMs + networkMs, () => {
    response.off('close', stop);
    if (!response.destroyed) action();
  });
}

function playRefusal(plan: RefusalPlanned, stage: Stage): void {
  later(stage, plan.atMs, () => {
    const body = plan.body(stage.timers.epochOfZeroMs);
    const headers = plan.headers(stage.timers.epochOfZeroMs);
    if (body === '') headers['content-length'] = '0';
    stage.response.writeHead(plan.status, headers);
    stage.response.end(body);
  });
}

function playReset(plan: ResetPlanned, stage: Stage): void {
  const { response, timers } = stage;
  const breakOff = () => later(stage, plan.atMs, () => breakConnection(response));
  const open = () => {
    response.writeHead(200, plan.headers(timers.epochOfZeroMs));
    response.flushHeaders();
    breakOff();
  };
  if (plan.headersAtMs === null) breakOff();
  else later(stage, plan.headersAtMs, open);
}

/** An RST, so that the client sees a broken connection instead of an end. */
function breakConnection(response: ServerResponse): void {
  if (response.socket === null) response.destroy();
  else response.socket.resetAndDestroy();
}

function createdSeconds(plan: AnswerPlanned, { timers }: Stage): number {
  return Math.floor((timers.epochOfZeroMs + plan.arrivedMs) / 1000);
}

function playDocument(plan: AnswerPlanned, stage: Stage): void {
  const { response, timers } = stage;
  later(stage, plan.headersAtMs, () => {
    const created = createdSeconds(plan, stage);
    const native = plan.call.dialect === 'dashscope-native';
    const text = native ? nativeAnswer(plan, stage.format) : compatibleAnswer(plan, created);
    response.writeHead(200, plan.headers(timers.epochOfZeroMs));
    if (plan.ending.kind === 'reset') response.write(text.slice(0, text.length >> 1), () => breakConnection(response));
    else response.end(text);
  });
}

function playStream(plan: AnswerPlanned, stage: Stage): void {
  const { response, timers } = stage;
  const native = plan.call.dialect === 'dashscope-native';
  const writer = native ? nativeStream(plan, stage.format) : compatibleStream(plan, createdSeconds(plan, stage));
  const frames = streamFrames(plan, writer);
  const finish = () =>
    plan.ending.kind === 'reset' ? later(stage, plan.ending.atMs, () => breakConnection(response)) : response.end();
  const schedule = () => {
    const next = frames.next();
    if (next.done) finish();
    else later(stage, next.value.atMs, () => write(next.value));
  };
  const write = ({ text }: TimedText) => {
    if (!response.headersSent) response.writeHead(200, plan.headers(timers.epochOfZeroMs));
    // A client that reads slowly delays its own stream; what is due meanwhile follows at once.
    if (response.write(text)) schedule();
    else response.once('drain', schedule);
  };
  schedule();
}
