import { readFile } from 'node:fs/promises';

/** What was observed on one day. */
export interface Weather {
  /** `2012-01-31`. */
  readonly date: string;
  readonly precipitationMm: number;
  readonly temperatureMaxC: number;
  readonly temperatureMinC: number;
  readonly windMetresPerSecond: number;
  /** drizzle, fog, rain, snow or sun. */
  readonly sky: string;
}

const HEADER = 'date,precipitation,temp_max,temp_min,wind,weather';
const DAY_MS = 86_400_000;

/** The 1,461 days from 2012-01-01 to 2015-12-31, in order and without a gap. */
export async function readCalendar(): Promise<readonly Weather[]> {
  const text = await readFile(new URL('seattle-weather.csv', import.meta.url), 'utf8');
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  if (header !== HEADER) throw new Error(`The calendar's first line is not ${HEADER}`);
  const days = lines.map(weatherOf);
  days.forEach((day, i) => {
    const before = days[i - 1];
    if (before !== undefined && Date.parse(day.date) - Date.parse(before.date) !== DAY_MS) {
      throw new Error(`The calendar goes from ${before.date} to ${day.date}`);
    }
  });
  return days;
}

function weatherOf(line: string): Weather {
  const [date = '', precipitation, temperatureMax, temperatureMin, wind, sky = ''] = line.split(',');
  const day = {
    date,
    precipitationMm: Number(precipitation),
    temperatureMaxC: Number(temperatureMax),
    temperatureMinC: Number(temperatureMin),
    windMetresPerSecond: Number(wind),
    sky,
  };
  const numbers = [day.precipitationMm, day.temperatureMaxC, day.temperatureMinC, day.windMetresPerSecond];
  if (Number.isNaN(Date.parse(date)) || !numbers.every(Number.isFinite)) throw new Error(`Not a day: ${line}`);
  return day;
}

/** Rain is any precipitation at all. */
export const rained = ({ precipitationMm }: Weather): boolean => precipitationMm > 0;

/** 1 to 12. */
export const monthOf = ({ date }: Weather): number => Number(date.slice(5, 7));
