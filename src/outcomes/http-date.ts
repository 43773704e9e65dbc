const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAY_MS = 86_400_000;

export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Days since 1970-01-01 of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Epoch milliseconds of a UTC time; null when a field is out of range. */
export function epochMs(time: CivilTime): number | null {
  const { year, month, day, hour, minute, second } = time;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null;
  return daysFromCivil(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Year of an epoch time, to complete dates without one. */
export function yearOf(wallMs: number): number {
  const days = Math.floor(wallMs / DAY_MS);
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysFromCivil(year + 1, 1, 1) <= days) year += 1;
  while (daysFromCivil(year, 1, 1) > days) year -= 1;
  return year;
}

const IMF = /^\s*(?:\w{3,9},?\s+)?(\d{1,2})[ -](\w{3})[ -](\d{2,4})\s+(\d{2}):(\d{2}):(\d{2})(?:\s+(?:GMT|UTC))?\s*$/i;
const ASCTIME = /^\s*\w{3}\s+(\w{3})\s+(\d{1,2})\s+(\d{2}):(\d{2}):(\d{2})\s+(\d{4})\s*$/;

/** The three forms of an HTTP date (RFC 9110 section 5.6.7) as epoch milliseconds; null when it is none. */
export function parseHttpDate(text: string): number | null {
  const imf = IMF.exec(text);
  if (imf) return fromFields(imf[3], imf[2], imf[1], imf.slice(4, 7));
  const asctime = ASCTIME.exec(text);
  if (asctime) return fromFields(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
  return null;
}

function fromFields(
  year: string | undefined,
  monthName: string | undefined,
  day: string | undefined,
  clock: readonly string[],
): number | null {
  const month = MONTHS.indexOf((monthName ?? '').toLowerCase()) + 1;
  const short = Number(year);
  // RFC 850 dates carry two digits of the year.
  const full = short >= 100 ? short : short >= 70 ? 1900 + short : 2000 + short;
  const [hour = 0, minute = 0, second = 0] = clock.map(Number);
  return month === 0 ? null : epochMs({ year: full, month, day: Number(day), hour, minute, second });
}
