// ostiary doctor: looks at everything a server needs, and says how to repair what is not well.

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Config } from '../config/load.ts'
import { resolveTenants } from '../config/tenants.ts'
import { DOCTOR_PURPOSE, type Examiner } from '../http/examination.ts'
import { systemClock } from '../platform/clock.ts'
import { Sealer } from '../platform/seal.ts'
import type { Answer } from './answer.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { checkDatabase } from './doctor/database.ts'
import type { Finding } from './doctor/finding.ts'
import {
  checkClock,
  checkConfig,
  checkMasterKey,
  checkNode,
  usableMasterKey,
} from './doctor/installation.ts'
import { checkIssuer } from './doctor/issuer.ts'
import { checkReadiness } from './doctor/readiness.ts'
import { EXIT_CODES } from './failure.ts'
import type { Host } from './host.ts'

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  addCommand<SharedOptions>(program, terminal, {
    usage: 'doctor',
    description:
      'check everything that a server needs and say how to repair what is wrong; changes nothing',
    run: async (options) => report(await examine(options, terminal)),
  })
}

async function examine(options: SharedOptions, host: Host): Promise<readonly Finding[]> {
  const { config, findings } = checkConfig(options, host)
  const machine = [checkNode(process.versions.node), checkClock(systemClock), ...findings]
  if (!config) return machine
  const database = await checkDatabase(config, host)
  const issuers = resolveTenants(config).map((tenant) =>
    checkIssuer(tenant, { clock: systemClock, examiner: examinerOf(config) }),
  )
  const running = await Promise.all([checkReadiness(config), ...issuers])
  return [...machine, checkMasterKey(config), ...database, ...running.flat()]
}

function examinerOf(config: Config): Examiner | undefined {
  // Looking must not be what makes the key of a database that is still to be made.
  if (config.masterKey === undefined && !hasDatabase(config)) return undefined
  const masterKey = usableMasterKey(config)
  return masterKey && new Sealer(masterKey).for(DOCTOR_PURPOSE)
}

function hasDatabase({ database }: Config): boolean {
  return database.kind === 'postgres' || existsSync(database.path)
}

function report(findings: readonly Finding[]): Answer {
  const width = Math.max(...findings.map(({ subject }) => subject.length))
  const lines = findings.map(({ subject, ok, detail, fix }) => {
    const line = `${ok ? 'ok   ' : 'WRONG'}  ${subject.padEnd(width)}  ${detail}`
    return fix === undefined ? line : `${line}\n       → ${fix}`
  })
  const count = findings.filter(({ ok }) => !ok).length
  const summary = count === 0 ? 'everything is well' : `${count} to repair`
  return {
    data: { ok: count === 0, checks: findings },
    text: `${lines.join('\n')}\n${summary}`,
    exitCode: count === 0 ? EXIT_CODES.ok : EXIT_CODES.failure,
  }
}
