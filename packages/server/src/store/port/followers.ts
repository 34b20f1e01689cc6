// The part of the port about those who follow a feed, as all processes know them: up to which number each has read.
// Must not know who they are or what they are waited for.

export interface FollowerReading {
  readonly tenant: string
  readonly follower: string
  /** It has read up to this number, and asks for what follows. */
  readonly sequence: number
  /** Further than before, and soon after it was told: who let a wait lapse is waited for again. */
  readonly isInTime: boolean
  /** Who has not asked again by then follows no more. */
  readonly expiresAtSeconds: number
}

export interface FollowerStore {
  /** A tenant has 64 at most: beyond them nobody is kept. */
  recordFollowers(readings: readonly FollowerReading[], nowSeconds: number): Promise<void>
  /** Of those that are waited for, the ones that have not read up to this number, by name; 64 at most. */
  findFollowersBehind(input: {
    readonly tenant: string
    readonly sequence: number
    readonly nowSeconds: number
  }): Promise<readonly string[]>
  /** Those of them that have still not read so far are not waited for any more. @returns how many */
  recordLapses(input: {
    readonly tenant: string
    readonly followers: readonly string[]
    readonly sequence: number
  }): Promise<number>
}
