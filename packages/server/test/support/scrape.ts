// Reads what `/metrics` says, in the text format of Prometheus.

export interface Scraped {
  readonly text: string
  /** Names that are described, histograms by their own name. */
  readonly names: readonly string[]
  readonly samples: readonly Sample[]
  /** The value of one sample; undefined when there is none. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined
}

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export async function scrape(managementUrl: string | undefined): Promise<Scraped> {
  const response = await fetch(`${managementUrl}/metrics`)
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  const lines = text.split('\n')
  const samples = lines.filter((line) => /^[a-z]/.test(line)).map(parseSample)
  const names = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? [])
  return {
    text,
    names,
    samples,
    value: (name, labels = {}) =>
      samples.find((sample) => sample.name === name && same(sample.labels, labels))?.value,
  }
}

function parseSample(line: string): Sample {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [
    key,
    text,
  ])
  return { name, labels: Object.fromEntries(pairs), value: Number(value) }
}

function same(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => a[name] === b[name])
}
