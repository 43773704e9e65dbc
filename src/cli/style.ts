import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours only where the stream is a terminal that wants them (NO_COLOR, FORCE_COLOR and TERM are honoured). */
export function painter(stream: NodeJS.WriteStream): (style: Style, text: string) => string {
  return (style, text) => styleText(style, text, { stream, validateStream: true });
}
