// Measures the SDK against a running Ostiary: tokens from there, checks in a process of its own.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { median } from '../measure/median.ts'
import type { RunningSubject } from '../subjects/subject.ts'
import type { SdkCosts } from './costs.ts'

const JWTS = 6000

export async function runSdk(subject: RunningSubject, rounds: number): Promise<SdkCosts> {
  const { sdk: source, target } = subject
  if (!source) throw new Error('the SDK is measured against Ostiary')
  const { jwt, opaque } = target.clientCredentials
  const samples: SdkCosts[] = []
  for (let round = 0; round < rounds; round++) {
    const jwts: string[] = []
    while (jwts.length < JWTS) {
      jwts.push(...(await Promise.all(Array.from({ length: 50 }, () => mint(jwt, target)))))
    }
    const child = fork(new URL('./process.ts', import.meta.url))
    child.send({ source, jwts, opaque: await mint(opaque, target) })
    const [costs] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('the measurement of the SDK ended early')
      }),
    ])
    samples.push(costs)
  }
  const names = Object.keys(samples[0] ?? {}) as (keyof SdkCosts)[]
  const medians = names.map((name) => [name, median(samples.map((costs) => costs[name]))])
  return Object.fromEntries(medians)
}

async function mint(
  call: RunningSubject['target']['clientCredentials']['jwt'],
  { host, port }: RunningSubject['target'],
): Promise<string> {
  if (!call) throw new Error('the subject has no client credentials')
  const answer = await fetch(`http://${host}:${port}${call.path}`, {
    method: 'POST',
    headers: call.headers ?? {},
    body: new URLSearchParams(call.form),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}
