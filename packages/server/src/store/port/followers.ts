// The part of the port about those who follow a feed, as all processes know them: up to which number each has read.
// Must not know who they are or what they are waited for.

export interface FollowerReading {
  readonly tenant: string
  readonly follower: string
  /** It has read up to this number, and asks for what follows. */
  readonly sequence: number
  /** Who has not asked again by then follows no more. */
  readonly expiresAtSeconds: number
}

interface UpToANumber {
  readonly tenant: string
  readonly sequence: number
  readonly nowSeconds: number
}

export interface FollowerStore {
  /** Who is new is waited for. While {@link MOST_FOLLOWERS} of a tenant are, nobody new is kept. */
  recordFollowers(readings: readonly FollowerReading[], nowSeconds: number): Promise<void>
  /** Of those that are waited for, the ones that have not read up to this number, by name; 64 at most. */
  findFollowersBehind(input: UpToANumber): Promise<readonly string[]>
  /**
   * The time for reading up to this number is over: whoever has not is waited for no more, and whoever has is waited for
   * again. @returns how many are waited for no more
   */
  judgeFollowers(input: UpToANumber): Promise<number>
}
