// Whether two kinds of requests can be told apart by the time they take.

/** Beyond this the difference is no accident: once in 150 000 comparisons of the same thing. */
export const TELLING_T = 4.5

/**
 * Asks each kind in turn, so that whatever else the machine does hits all of them alike.
 * @returns the milliseconds of each kind, without those of the start, which warm up.
 */
export async function timeInTurn(
  kinds: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
): Promise<Record<string, number[]>> {
  const warmUp = Math.ceil(rounds / 10)
  const entries = Object.entries(kinds)
  const times: Record<string, number[]> = Object.fromEntries(entries.map(([name]) => [name, []]))
  for (let round = 0; round < rounds + warmUp; round += 1) {
    // Each kind is first, second and last equally often.
    const start = round % entries.length
    for (const [name, ask] of [...entries.slice(start), ...entries.slice(0, start)]) {
      const startedAt = performance.now()
      await ask()
      if (round >= warmUp) times[name]?.push(performance.now() - startedAt)
    }
  }
  return times
}

/** Welch's t of two samples, without their slowest tenth: pauses of the machine are no news about the server. */
export function welchT(a: readonly number[], b: readonly number[]): number {
  const [left, right] = [momentsOf(a), momentsOf(b)]
  return Math.abs(left.mean - right.mean) / Math.sqrt(left.squaredError + right.squaredError)
}

function momentsOf(sample: readonly number[]): { mean: number; squaredError: number } {
  const kept = sample.toSorted((x, y) => x - y).slice(0, Math.ceil(sample.length * 0.9))
  const mean = kept.reduce((sum, each) => sum + each, 0) / kept.length
  const variance = kept.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (kept.length - 1)
  return { mean, squaredError: variance / kept.length }
}

export function medianOf(sample: readonly number[]): number {
  return sample.toSorted((a, b) => a - b)[Math.floor(sample.length / 2)] ?? Number.NaN
}

const ATTEMPTS = 3

/** Measures again when the limit is passed: what really leaks does so every time. @returns the smallest. */
export async function measureBelow(limit: number, measure: () => Promise<number>): Promise<number> {
  let smallest = await measure()
  for (let attempt = 1; attempt < ATTEMPTS && !(smallest < limit); attempt += 1) {
    smallest = Math.min(smallest, await measure())
  }
  return smallest
}
