/** What the process ends with. Precedence when several apply: usage, environment, interrupted, safety, violated, inconclusive. */
export const EXIT = {
  holds: 0,
  violated: 1,
  usage: 2,
  inconclusive: 3,
  safety: 4,
  environment: 5,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
