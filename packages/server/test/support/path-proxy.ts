// A reverse proxy that does what the `location` lines of an nginx configuration say.

import { request as ask, createServer } from 'node:http'

/** One line of the form `location /a/ { proxy_pass http://upstream/b/; }`. */
export interface Location {
  readonly path: string
  /** `location =`: this path and none below it. */
  readonly exact: boolean
  readonly upstream: string
  /** What takes the place of the path; undefined when it stays as it is. */
  readonly target: string | undefined
}

const LOCATION = /^\s*location (= )?(\S+) \{ proxy_pass http:\/\/(\w+)(\/\S*)?; \}$/gm

export function readLocations(configuration: string): readonly Location[] {
  return [...configuration.matchAll(LOCATION)].map(
    ([, exact, path = '', upstream = '', target]) => ({
      path,
      exact: exact !== undefined,
      upstream,
      target,
    }),
  )
}

export interface PathProxy {
  readonly close: () => Promise<void>
}

/** @param upstreams origin of each name */
export async function startPathProxy(
  port: number,
  locations: readonly Location[],
  upstreams: Readonly<Record<string, string>>,
): Promise<PathProxy> {
  const server = createServer((incoming, outgoing) => {
    const url = incoming.url ?? '/'
    const { upstream, path, target = path } = findLocation(locations, url)
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'http' }
    const { method } = incoming
    const forwarded = ask(
      upstreams[upstream] + target + url.slice(path.length),
      { method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return {
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The longest that fits. */
function findLocation(locations: readonly Location[], url: string): Location {
  const [path = ''] = url.split('?', 1)
  const [found] = locations
    .filter((location) =>
      location.exact ? path === location.path : path.startsWith(location.path),
    )
    .toSorted((a, b) => b.path.length - a.path.length)
  if (!found) throw new Error(`no location for ${path}`)
  return found
}
