// What a process that a test starts has in its environment, beside what the test gives it.

const { PATH, NODE_COMPILE_CACHE } = process.env

/** Many processes of a test run are the same program: only the first has to compile it. */
export const BARE_ENVIRONMENT = { PATH, NODE_COMPILE_CACHE }
