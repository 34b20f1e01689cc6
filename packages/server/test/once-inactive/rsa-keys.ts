// RSA keys take a second to make, and a contract signs with them. They are made once for all worlds, but never given
// twice in one: a key that comes back would make tokens good again.

const made: Promise<unknown>[] = []

/** For the world that begins now. @returns what ends it */
export function lendRsaKeys(): () => void {
  const { subtle } = globalThis.crypto
  const make = subtle.generateKey.bind(subtle)
  let lent = 0
  const lend = (...how: Parameters<typeof make>) => {
    const [algorithm] = how
    const name = typeof algorithm === 'string' ? algorithm : algorithm.name
    if (name !== 'RSASSA-PKCS1-v1_5') return make(...how)
    if (lent === made.length) made.push(make(...how))
    lent += 1
    return made[lent - 1]
  }
  subtle.generateKey = lend as typeof subtle.generateKey
  return () => {
    subtle.generateKey = make as typeof subtle.generateKey
  }
}
