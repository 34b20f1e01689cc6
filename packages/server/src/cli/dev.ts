// ostiary dev: a complete demo in one process, for this machine only.

import { once } from 'node:events'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { ServerOptions } from '../app.ts'
import type { Setting } from '../config/environment.ts'
import { type Config, loadConfig } from '../config/load.ts'
import { resolveTenants } from '../config/tenants.ts'
import { createLog } from '../platform/log.ts'
import type { Tenant } from '../protocol/tenant.ts'
import type { Answer } from './answer.ts'
import { addCommand, type SharedOptions, type Terminal } from './command.ts'
import { type DemoApi, loadDemoApi } from './demo/demo-api.ts'
import { demoConfig, writeDemoConfig } from './demo/demo-config.ts'
import { type DemoTenant, demoFilePath, readKnownSecrets, writeDemoFile } from './demo/demo-file.ts'
import { describeDemo } from './demo/description.ts'
import { type Seeded, seedDemo, settlePasswords } from './demo/seed.ts'
import { createPageTrial } from './demo/try-pages.ts'
import { curlCommands, formatWelcome } from './demo/welcome.ts'
import { createContext } from './deployment.ts'
import { makeNamedFolder } from './places.ts'
import { serve } from './serve.ts'
import { type ServerFlags, serverFlags, toSettings } from './server-flags.ts'

interface DevOptions extends SharedOptions, ServerFlags {
  readonly api?: string
  readonly data?: string
}

const DEFAULT_PORT = 3000
const DEFAULT_FOLDER = 'data'

export function addDevCommand(program: Command, terminal: Terminal): void {
  addCommand<DevOptions>(program, terminal, {
    usage: 'dev',
    description: 'run a demo with people and apps on http://localhost:3000; never for production',
    options: (command) =>
      serverFlags(command)
        .option('--api <module>', 'API to protect and serve below /api/v1')
        .option('--data <folder>', 'where everything is kept (default: OSTIARY_DATA or ./data)'),
    run: (options) => dev(options, terminal),
  })
}

async function dev(options: DevOptions, terminal: Terminal): Promise<undefined> {
  const folder = resolve(options.data ?? (terminal.env.OSTIARY_DATA || DEFAULT_FOLDER))
  makeNamedFolder(folder, 0o700)
  const api = await loadDemoApi(options.api)
  const config = await configure({ folder, api, options, terminal })
  const tenants = resolveTenants(config)
  const seeded = new Map<Tenant, Seeded>()
  await serve(
    {
      config,
      // Standard output is for the welcome.
      log: createLog({ ...config.log, destination: terminal.stderr }),
      migrate: true,
      async prepare(deployment) {
        const known = readKnownSecrets(folder)
        const passwords = settlePasswords(known)
        for (const tenant of tenants) {
          const context = await createContext(tenant, deployment, terminal)
          seeded.set(tenant, await seedDemo(context, known, { passwords, folder }))
        }
        return mountApis(api, { folder, seeded })
      },
      ready() {
        const demos = [...seeded].map(([tenant, cast]) => describeDemo(tenant, cast))
        writeDemoFile(folder, { tenants: demos })
        writeDemoConfig({ folder, port: config.server.port, api })
        terminal.say(welcome(demos, { folder, api }), options)
      },
    },
    terminal,
  )
}

/** The issuer names the port, so the port is settled first. */
async function configure(input: {
  folder: string
  api: DemoApi
  options: DevOptions
  terminal: Terminal
}): Promise<Config> {
  const { folder, api, options, terminal } = input
  const load = (port: number, more: readonly Setting[] = []) => {
    const value = demoConfig({ folder, port, api })
    const flags = [...toSettings(options), ...more]
    return loadConfig({ value, env: terminal.env, flags, development: true }).config
  }
  const { port } = load(DEFAULT_PORT).server
  if (port !== 0) return load(port)
  const free = await findFreePort()
  return load(free, [{ path: ['server', 'port'], value: free, place: '--port' }])
}

async function findFreePort(): Promise<number> {
  await using server = createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : DEFAULT_PORT
}

function mountApis(
  { mount }: DemoApi,
  { folder, seeded }: { folder: string; seeded: ReadonlyMap<Tenant, Seeded> },
): Pick<ServerOptions, 'extend'> {
  if (!mount) return {}
  return {
    async extend(server) {
      for (const [tenant, { clients, users }] of seeded) {
        const own = clients.find(({ client }) => client.resourceServer !== null)
        if (own?.secret === undefined) continue
        await mount(server, {
          tenant,
          folder,
          users,
          origins: listOrigins(clients),
          clientId: own.client.id,
          clientSecret: own.secret,
        })
      }
    },
  }
}

/** A private-use scheme has none. */
function listOrigins(clients: Seeded['clients']): readonly string[] {
  const uris = clients.flatMap(({ client }) => client.redirectUris)
  return uris.map((uri) => new URL(uri).origin).filter((origin) => origin !== 'null')
}

function welcome(
  tenants: readonly DemoTenant[],
  { folder, api }: { folder: string; api: DemoApi },
): Answer {
  const [tenant] = tenants
  if (!tenant) throw new Error('the demo has no tenant')
  const pages = createPageTrial(tenant)
  const demoFile = demoFilePath(folder)
  const hasApi = api.mount !== undefined
  const content = { tenant, others: tenants.slice(1), demoFile, hasApi, pages }
  const { issuer, endpoints, pages: places, users } = tenant
  const [user] = users
  return {
    text: formatWelcome(content),
    data: {
      development: true,
      issuer,
      api: content.hasApi ? tenant.api : null,
      endpoints,
      places,
      signIn: user,
      demoFile: content.demoFile,
      tenants: tenants.map(({ name, issuer: address }) => ({ name, issuer: address })),
      curl: curlCommands(content),
      pages,
    },
  }
}
