// Ports that somebody else has: it is said before anybody is answered, with the setting that is to blame.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createDeployment, type Deployment, startProcess } from '../support/server-process.ts'

let deployment: Deployment
beforeAll(async () => {
  deployment = await createDeployment('sqlite')
})
afterAll(() => deployment?.remove())

async function takePort(port = 0): Promise<number> {
  const other = createServer(
    (_request, response) => void response.writeHead(404).end('somebody else'),
  )
  await once(other.listen(port, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    other.closeAllConnections()
    other.close()
  })
  return (other.address() as AddressInfo).port
}

/** Starts a server that cannot start. @returns what it said, and what its port answered meanwhile */
async function fail(port: number, env: Record<string, string>) {
  const answered = new Set<string>()
  let isOver = false
  async function knock(): Promise<void> {
    while (!isOver) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).then(
        (response) => response.text(),
        () => undefined,
      )
      if (answer !== undefined) answered.add(answer)
      await pause(5)
    }
  }
  const log = join(deployment.folder, `said-${port}-${Object.values(env).join()}`)
  const knocking = knock()
  const options = { env: { OSTIARY_SERVER_HOST: '127.0.0.1', ...env }, log }
  await expect(startProcess(deployment, port, options)).rejects.toThrow('exited with 1')
  isOver = true
  await knocking
  return { said: readFileSync(log, 'utf8'), answered: [...answered] }
}

describe('chaos 7: a port that is taken', () => {
  it('of the management is found before the main one opens', async () => {
    const taken = await takePort()
    const { said, answered } = await fail(deployment.port, {
      OSTIARY_MANAGEMENT_PORT: String(taken),
    })
    expect(answered).toEqual([])
    expect(said).toContain(`127.0.0.1:${taken}`)
    expect(said).toContain('choose another port with management.port')
    expect(said).not.toContain('this is a bug')
  })

  it('is named by its own option, and the management is not left behind', async () => {
    const taken = await takePort()
    const { said, answered } = await fail(taken, {})
    expect(answered).toEqual(['somebody else'])
    expect(said).toContain('choose another port with --port')
  })

  it.each([
    ['server.host', { OSTIARY_SERVER_HOST: '192.0.2.7' }],
    ['management.host', { OSTIARY_MANAGEMENT_HOST: '192.0.2.7', OSTIARY_MANAGEMENT_PORT: '1' }],
  ])('an address that is not of this machine is no bug of ours: %s', async (setting, env) => {
    const { said } = await fail(deployment.port, env as Record<string, string>)
    expect(said).toContain(`choose an address of this machine with ${setting}`)
  })
})
