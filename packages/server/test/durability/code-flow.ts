// Codes, refreshes and client credentials of the contract `standard`.

import type { TestBrowser } from '../support/browser.ts'
import { TestApp } from '../support/test-app.ts'
import { MACHINE, WEB_APP } from '../support/world.ts'
import type { Worker, Workload } from './kill.ts'
import { TokenHolder } from './token-holder.ts'

export const codeFlow: Workload = {
  name: 'codes, refreshes and client credentials',
  deployment: { policy: { accessToken: { format: 'opaque' } } },

  async hire(workers, deployment) {
    const app = new TestApp(deployment, WEB_APP)
    const machine = new TestApp(deployment, MACHINE)
    const { browser } = await app.obtainCode()
    return Array.from({ length: workers }, () => createWorker(app, machine, browser))
  },
}

function createWorker(app: TestApp, machine: TestApp, browser: TestBrowser): Worker {
  const ofUser = new TokenHolder(app)
  const ofMachine = new TokenHolder(machine)
  const redeem = async () => {
    const { code, verifier } = await app.obtainCode({ browser })
    return app.redeem(code, verifier)
  }
  return {
    work: (turn) =>
      turn % 4 === 0
        ? ofMachine.open(() => machine.token({ grant_type: 'client_credentials' }))
        : ofUser.refreshOrOpen(redeem),
    findLost: async () => [...(await ofUser.findLost()), ...(await ofMachine.findLost())],
  }
}
