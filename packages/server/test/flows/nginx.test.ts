// The nginx configurations of the guides, in a real nginx: people sign in through them, and also through one that knows
// nothing of the sizes which the guides set.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ROOT } from '../spec/tidy/repo.ts'
import { registerApp } from '../support/contract-world.ts'
import { findFreePort } from '../support/free-port.ts'
import { findNginx, type Nginx, startNginx } from '../support/nginx.ts'
import { startTestServer, type TestServer } from '../support/start-server.ts'
import { TestApp } from '../support/test-app.ts'

const nginx = findNginx()

const GUIDES = [
  { guide: 'several-processes', path: '', contract: undefined },
  { guide: 'moving-an-existing-api', path: '/auth', contract: 'mister-james' },
]

const AS_IT_IS = (text: string) => text
const WITH_DEFAULT_BUFFERS = (text: string) => text.replace(/^\s*proxy_buffer.*$/gm, '')

let running: Nginx | undefined
let server: TestServer | undefined
afterEach(async () => {
  await running?.stop()
  await server?.stop()
  running = server = undefined
})

function configurationOf(guide: string): string {
  const text = readFileSync(join(ROOT, `docs/guides/${guide}.md`), 'utf8')
  return /```nginx\n(.*?)```/s.exec(text)?.[1] ?? ''
}

describe.each(GUIDES)('nginx as in the guide $guide', ({ guide, path, contract }) => {
  it.for([
    ['as it is', AS_IT_IS, 3000],
    ['with the 4 kB that nginx has by itself', WITH_DEFAULT_BUFFERS, 2048],
  ] as const)('field 19: %s, lets a sign-in through', async ([, change, stateLength], { skip }) => {
    if (nginx === undefined) return skip('there is no nginx on this machine')
    const port = await findFreePort()
    server = await startTestServer('sqlite', {
      publicIssuer: `http://localhost:${port}${path}`,
      trustedProxies: ['127.0.0.1'],
      ...(contract && { contract }),
    })
    const configuration = change(configurationOf(guide))
    expect(configuration).toContain('proxy_pass')
    running = await startNginx(nginx, configuration, { port, upstream: server.url })
    const client = await registerApp(server.context, {
      name: 'Behind nginx',
      type: 'confidential',
      redirectUris: ['https://app.example/callback'],
      scopes: ['contacts:read'],
    })
    // Nothing in it can be packed.
    const state = randomBytes(stateLength).toString('base64url').slice(0, stateLength)
    const app = new TestApp(server, client)
    const { code, verifier, params } = await app.obtainCode({ fields: { state } })
    expect(params.get('state')).toBe(state)
    expect((await app.redeem(code, verifier)).status).toBe(200)
  })
})
