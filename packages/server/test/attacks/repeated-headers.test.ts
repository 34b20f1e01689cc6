// Two of a header that may come once, at every endpoint of every contract: whoever is in front of us may read the other.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { startContract } from '../support/any-contract.ts'
import { sendBytes } from '../support/http-request.ts'
import type { TestServer } from '../support/start-server.ts'

const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  Authorization: ['Basic eDp5', 'Bearer abc'],
  'Content-Type': ['application/x-www-form-urlencoded', 'application/json'],
  'Content-Encoding': ['identity', 'gzip'],
  Origin: ['https://app.example', 'https://evil.example'],
  'Sec-Fetch-Site': ['same-origin', 'cross-site'],
  'X-Version': ['1.7.0', '1.8.0'],
  DPoP: ['a', 'b'],
}

describe.each(CONTRACT_NAMES)('security L11: requests to %s', (contract) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startContract('sqlite', contract)
  })
  afterAll(() => server?.stop())

  it.each(Object.entries(PAIRS))('E12: with two %s headers are refused', async (name, pair) => {
    const { host, pathname } = new URL(server.issuer)
    const { api: _, ...paths } = server.paths
    for (const path of [...Object.values(paths), '/nowhere']) {
      // The second in another spelling, as a proxy may pass it on.
      const [first, second] = [`${name}: ${pair[0]}`, `${name.toLowerCase()}: ${pair[1]}`]
      const lines = [
        `POST ${pathname.replace(/\/$/, '')}${path} HTTP/1.1`,
        `Host: ${host}`,
        first,
        second,
      ]
      const bytes = `${[...lines, 'Connection: close', 'Content-Length: 0'].join('\r\n')}\r\n\r\n`
      const { text } = await sendBytes(server.issuer, bytes)
      expect(text, path).toMatch(/^HTTP\/1\.1 400 /)
      expect(text.toLowerCase(), path).toContain(`more than one ${name.toLowerCase()} header`)
    }
  })
})
