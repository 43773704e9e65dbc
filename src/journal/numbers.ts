/** Times are written as whole microseconds: short, exact to read back, and cheap to write. */
export function toMicros(ms: number): number {
  return Math.round(ms * 1000);
}

export function toMs(micros: number): number {
  return micros / 1000 + 0;
}
