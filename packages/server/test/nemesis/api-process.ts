// An API as a process of its own: answers 200 or what its guard says. It reads the feed before each answer, so that
// whatever was ended before it is asked must be known to it.

import { createServer } from 'node:http'
import { createGuard } from '@ostiary/resource'
import { API } from '../support/world.ts'

const [issuer = '', port = ''] = process.argv.slice(2)

const guard = createGuard({ issuer, audience: API, onFeedError: () => undefined })

createServer(async (request, response) => {
  const { authorization } = request.headers
  if (request.url === guard.metadataPath())
    return void response.end(JSON.stringify(guard.metadata()))
  await guard.catchUp()
  const verdict = await guard.authorize({ authorization }, {}, request)
  const isBlind = guard.status().feed.lastError !== undefined
  // What may be allowed while the issuer is away is no word about the token.
  response.statusCode = verdict.ok ? (isBlind ? 503 : 200) : verdict.refusal.status
  response.end()
}).listen(Number(port), 'localhost', () => process.stdout.write('ready\n'))
