// What a test is given that takes long, or needs what npm cannot bring, and whose kind another one shows: `npm test`
// leaves it out, and `npm run journeys` runs it.

interface TestOptions {
  readonly tags?: string[]
}

export const JOURNEY: TestOptions = { tags: ['journey'] }

/** For a test that is long in one of the places where it runs. */
export function journeyIf(isLong: boolean): TestOptions {
  return isLong ? JOURNEY : {}
}
