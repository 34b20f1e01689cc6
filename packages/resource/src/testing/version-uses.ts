// What an API has told the test issuer of the use of its versions. As at the real one, a batch counts once.

export interface ReportedUse {
  readonly clientId: string
  readonly version: string
  readonly day: string
  readonly calls: number
}

export class ReportedUses {
  readonly #batches = new Map<string, readonly ReportedUse[]>()

  /** @param text the JSON body of a report */
  add(text: string): void {
    const { batch, uses } = JSON.parse(text)
    const reported: ReportedUse[] = []
    for (const { client_id: clientId, version, day, calls } of uses) {
      reported.push({ clientId, version, day, calls })
    }
    this.#batches.set(batch, reported)
  }

  list(): readonly ReportedUse[] {
    return [...this.#batches.values()].flat()
  }
}
