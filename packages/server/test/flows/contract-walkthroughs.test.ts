// Every page of docs/contracts is followed to its end on a started demo, as a reader would do it with a terminal and a
// browser. A command that fails, or that answers something else than the page says, fails the test.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_NAMES } from '../../src/contracts/index.ts'
import { dayOf } from '../../src/protocol/day.ts'
import { BARE_ENVIRONMENT } from '../support/bare-environment.ts'
import { TestBrowser } from '../support/browser.ts'
import { type DemoProcess, startDemo } from '../support/demo-process.ts'
import { findFreePort } from '../support/free-port.ts'
import { authorize } from '../support/vendor-client.ts'
import { findDifferences } from '../support/walkthrough/difference.ts'
import { openShell, type Shell } from '../support/walkthrough/shell.ts'
import { readSteps, type Step } from '../support/walkthrough/steps.ts'

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))

/** They take a few seconds each, unless the machine is busy with other tests. */
const PATIENCE_MS = 180_000

/** What the page asks the reader to bring back from the browser. */
const FROM_BROWSER = /^(CODE|ACCESS_TOKEN)=…$/m
const FIELDS: Readonly<Record<string, string>> = { CODE: 'code', ACCESS_TOKEN: 'access_token' }

describe('the pages of the contracts', () => {
  let folder: string
  let demo: DemoProcess
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ostiary-pages-'))
    demo = await startDemo(folder, await findFreePort())
  })
  afterAll(async () => {
    await demo?.stop()
    await rm(folder, { recursive: true })
  })

  it.concurrent.each(CONTRACT_NAMES)(
    'docs/contracts/%s.md works as pasted, and gets the answers that it shows',
    async (contract) => {
      const page = await readFile(join(REPOSITORY, `docs/contracts/${contract}.md`), 'utf8')
      const env = { ...BARE_ENVIRONMENT, HOME: process.env.HOME, OSTIARY_DATA: folder }
      await using shell = await openShell(REPOSITORY, env)
      const before = await settingsOf(contract, shell)
      const browser = new TestBrowser()
      let printed = ''
      const steps = readSteps(page)
      expect(steps.length).toBeGreaterThan(5)
      for (const step of steps) {
        const command = await fillIn(step, printed, browser)
        printed = await shell.paste(command)
        expect(differencesOf(printed, step), `line ${step.line}: ${printed}`).toEqual([])
      }
      expect(await settingsOf(contract, shell)).toEqual(before)
    },
    PATIENCE_MS,
  )

  /** Where the browser is needed, goes to the address that was printed last, and brings back what the page asks for. */
  async function fillIn({ command }: Step, printed: string, browser: TestBrowser): Promise<string> {
    const [, variable = ''] = FROM_BROWSER.exec(command) ?? []
    const field = FIELDS[variable]
    if (field === undefined) return command
    const address = printed.trimEnd().split('\n').at(-1) ?? ''
    const { searchParams, hash } = new URL(await authorize(address, { browser, ...signIn() }))
    const value = searchParams.get(field) ?? new URLSearchParams(hash.slice(1)).get(field)
    if (value === null) throw new Error(`${address} leads to no ${field}`)
    return `${variable}='${value}'`
  }

  /** The demo's people have one password each, whatever the tenant. */
  function signIn() {
    const [user] = demo.tenants.flatMap(({ users }) => users)
    return { user: user?.username ?? '', password: user?.password }
  }
})

/** What the commands of a page change, but for what tells of its use: a page leaves all of it as it was. */
async function settingsOf(contract: string, shell: Shell): Promise<unknown> {
  const ask = async (command: string): Promise<object> => {
    const config = '--config "$OSTIARY_DATA/ostiary.config.yaml"'
    return JSON.parse(
      await shell.paste(`npx ostiary ${command} --tenant ${contract} ${config} --json`),
    )
  }
  const listed = [await ask('client list'), await ask('app-key list')]
  return JSON.parse(JSON.stringify(listed), (name, value) => {
    if (OF_ITS_USE.has(name)) return undefined
    return name === 'endsAtSeconds' ? dayOf(value) : value
  })
}

/** A tag is another one after each suspension. */
const OF_ITS_USE = new Set(['lastUsedAtSeconds', 'tag'])

function differencesOf(printed: string, { answers }: Step): readonly string[] {
  return answers.flatMap((answer) => findDifferences(printed, answer))
}

describe('following a page', () => {
  it('stops at a command that fails, and at a variable that is not set', async () => {
    for (const command of ['false', 'cat /nowhere | sort', 'echo "$NOWHERE"']) {
      await using shell = await openShell(REPOSITORY, { PATH: process.env.PATH })
      await expect(shell.paste(command)).rejects.toThrow(command)
    }
  })

  it.each([
    ['json', '{"a": 1}', '{"a":2}'],
    ['json', '{"a": "b…"}', '{"a":"c"}'],
    ['json', '{"a": "…"}', '{"a":"b","c":"d"}'],
    ['json', '{"a": "…", "c": "…"}', '{"a":"b"}'],
    ['json', '["a"]', '["a","b"]'],
    ['json', '["a", "…"]', '["b"]'],
    ['json', '{}', 'nothing that could be read'],
    ['text', 'a: …\nb: …', 'b: 1\na: 2'],
    ['text', 'a…b…c', 'a c'],
    ['text', 'aa…aa', 'aaa'],
  ] as const)('notices an answer that is not the %s %s', (kind, text, printed) => {
    expect(findDifferences(printed, { kind, text })).not.toEqual([])
  })

  it.each([
    ['json', '{"a": "b…", "c": ["d", "…"], "e": "…"}', 'more\n{"a":"bb","c":["d",1],"e":null}\n'],
    ['text', 'a: …', 'HTTP/1.1 200 OK\r\na: 2\r\n'],
    ['text', '…a…b…', 'aabb'],
  ] as const)('is content with an answer that fits the %s %s', (kind, text, printed) => {
    expect(findDifferences(printed, { kind, text })).toEqual([])
  })
})
