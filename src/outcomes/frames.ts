/** One server-sent event. `status` comes from DashScope's comment line `:HTTP_STATUS/429`. */
export interface Frame {
  readonly event: string;
  readonly data: string;
  readonly status: number | null;
}

/** A stream sample is head and tail of the body; more frames than this say nothing new about an error. */
const FRAMES_MAX = 400;

/** True for text that reads as server-sent events; relays also put such text into their own error message. */
export function looksLikeFrames(text: string): boolean {
  return /^\s*(?:(?:data|event|id|retry)\s?:|:)/.test(text) && /(?:^|\n)\s*data\s?:/.test(text);
}

/**
 * Reads events leniently: comments keep their status, a missing blank line at the end still closes the last event, and an
 * `event:` line opens a new one after data.
 */
export function readFrames(text: string): readonly Frame[] {
  const frames: Frame[] = [];
  let event = '';
  let data: string[] = [];
  let status: number | null = null;
  const close = () => {
    if (data.length > 0 || event !== '') frames.push({ event, data: data.join('\n'), status });
    event = '';
    data = [];
    status = null;
  };
  for (const raw of text.split('\n')) {
    if (frames.length >= FRAMES_MAX) break;
    const line = raw.trim();
    const stated = /^:\s?HTTP_STATUS\/(\d{3})$/.exec(line);
    if (line === '') close();
    else if (stated) status = Number(stated[1]);
    else if (line.startsWith('event:')) {
      if (data.length > 0) close();
      event = line.slice(6).trim();
    } else if (line.startsWith('data:')) data.push(line.slice(5).trim());
  }
  close();
  return frames;
}
