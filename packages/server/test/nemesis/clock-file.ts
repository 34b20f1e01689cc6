// The environment of a process whose clock is as far ahead as a file says.

const SKEWED_CLOCK = new URL('./skewed-clock.ts', import.meta.url).href

export function clockFrom(path: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${SKEWED_CLOCK}`, NEMESIS_CLOCK: path }
}
