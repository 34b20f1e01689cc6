// A portable attack: its row in the list of attacks, what it proves, and how. A witness notes what was seen, and the
// finding follows from that: no check decides by itself what counts.

import type { BrowserPage } from '../support/browser.ts'
import type { Answer } from '../support/test-app.ts'
import { paramsOf } from './redirect-params.ts'
import type { Scene } from './scene.ts'
import type { Ability, AttackTarget } from './target.ts'

export interface Check {
  /** Of the list of attacks (`A7`), or a published weakness of another server (`CVE-2025-4144`). */
  readonly row: string
  readonly title: string
  readonly needs?: readonly Ability[]
  /** It speaks of a server that is busy with passwords. */
  readonly restsOnPasswordCost?: boolean
  run(scene: Scene, witness: Witness): Promise<void>
}

export function nameOf({ row, title }: Check): string {
  return `${row}: ${title}`
}

export type Finding =
  | {
      readonly verdict: 'held' | 'broke'
      readonly seen: string
      /** Safe, but not the answer that the specification has for it. */
      readonly oddities: readonly string[]
    }
  | { readonly verdict: 'not applicable'; readonly seen: string }

interface Sight {
  readonly what: string
  readonly seen: string
  readonly verdict: 'as specified' | 'safe' | 'unsafe'
}

export class Witness {
  readonly #sights: Sight[] = []
  #reason: string | undefined

  /** Anything that must be so. */
  sees(what: string, isSafe: boolean, seen = isSafe ? 'so' : 'not so'): void {
    this.#sights.push({ what, seen, verdict: isSafe ? 'as specified' : 'unsafe' })
  }

  /** Safe, although the specification has something else. */
  seesOdd(what: string, seen: string): void {
    this.#sights.push({ what, seen, verdict: 'safe' })
  }

  /** @param errors the codes that the specification has for this; any other refusal is safe, too */
  refused(what: string, answer: Answer, ...errors: string[]): void {
    const { status, body } = answer
    const isRefusal = status >= 400 && status < 500 && !answer.text.includes('access_token"')
    const isChallenge = status === 401 && answer.headers.has('www-authenticate')
    const isExact =
      errors.includes(body?.error) &&
      (body.error === 'invalid_client' ? isChallenge : status === 400)
    const verdict = isRefusal ? (isExact ? 'as specified' : 'safe') : 'unsafe'
    this.#sights.push({ what, seen: describeAnswer(answer), verdict })
  }

  /** The browser is shown an error of the server itself, and led nowhere. */
  stays(what: string, page: BrowserPage): void {
    const { status, headers, text } = page
    const moves = headers.has('refresh') || /http-equiv="?refresh/i.test(text)
    const isPage = headers.get('content-type')?.startsWith('text/html') ?? false
    const isExact = status === 400 && isPage
    const verdict = isErrorPage(page) && !moves ? (isExact ? 'as specified' : 'safe') : 'unsafe'
    this.#sights.push({ what, seen: describePage(page), verdict })
  }

  /**
   * The app is told of the error by redirect, and gets nothing else; a page that says no is safe, too.
   * @param errors the codes that the specification has for this; `page` when it has a page
   */
  tellsApp(what: string, page: BrowserPage, ...errors: string[]): void {
    const sent = paramsOf(page)
    const gives = ['code', 'access_token', 'id_token'].some((name) => sent.has(name))
    const isRefusal = sent.has('error') || isErrorPage(page)
    const isExact = errors.includes(isErrorPage(page) ? 'page' : (sent.get('error') ?? ''))
    const verdict = isRefusal && !gives ? (isExact ? 'as specified' : 'safe') : 'unsafe'
    this.#sights.push({ what, seen: describePage(page), verdict })
  }

  /** What must work for the attack to prove anything. */
  given(what: string, holds: boolean, seen = ''): void {
    if (!holds) throw new Error(`the check proves nothing: ${what} ${seen}`)
  }

  notApplicable(why: string): void {
    this.#reason = why
  }

  finding(): Finding {
    if (this.#reason !== undefined) return { verdict: 'not applicable', seen: this.#reason }
    if (this.#sights.length === 0) throw new Error('the check looked at nothing')
    const unsafe = this.#sights.filter(({ verdict }) => verdict === 'unsafe')
    const oddities = this.#sights.filter(({ verdict }) => verdict === 'safe').map(describeSight)
    if (unsafe.length === 0) return { verdict: 'held', seen: summarise(this.#sights), oddities }
    const named = unsafe.slice(0, 3).map(describeSight)
    const more = unsafe.length > named.length ? [`${unsafe.length - named.length} more`] : []
    return { verdict: 'broke', seen: [...named, ...more].join('; '), oddities }
  }
}

export async function runCheck(check: Check, scene: Scene): Promise<Finding> {
  for (const ability of check.needs ?? []) {
    const why = scene.target.lacks[ability] ?? missing(ability, scene.target)
    if (why !== undefined) return { verdict: 'not applicable', seen: why }
  }
  const witness = new Witness()
  await check.run(scene, witness)
  return witness.finding()
}

/** Abilities that a target has to bring along: without them it has them not, even if it does not say why. */
function missing(ability: Ability, target: AttackTarget): string | undefined {
  const brought = new Map<Ability, unknown>([
    ['second process', target.secondTokenEndpoint],
    ['clock', target.advanceClock],
    ['log', target.readLog],
    ['callers of many addresses', target.callerAt],
    ['end of an app', target.disable],
    ['another lifetime', target.startWithLifetime],
    ['JWTs of others', target.presentJwt],
    ['feed of revocations', target.revocationFeed],
    ['key exchange', target.openKeyExchange],
    ['portal', target.portal],
  ])
  const isMissing = brought.has(ability) && brought.get(ability) === undefined
  return isMissing ? `the target brings no ${ability}` : undefined
}

function isErrorPage({ status, location }: BrowserPage): boolean {
  return location === undefined && status >= 400 && status < 500
}

function describeAnswer({ status, body }: Answer): string {
  const error = typeof body?.error === 'string' ? ` ${body.error}` : ''
  return `${status}${error}`
}

function describePage(page: BrowserPage): string {
  if (page.location === undefined) return `${page.status}, stays`
  const sent = paramsOf(page)
  const { protocol, host } = new URL(page.location)
  const what = sent.get('error') ?? (sent.has('code') ? 'a code' : 'nothing')
  return `${page.status} to ${protocol}//${host} with ${what}`
}

function describeSight({ what, seen }: Sight): string {
  return `${what}: ${seen}`
}

/** `400 invalid_grant (5), 401 invalid_client` */
function summarise(sights: readonly Sight[]): string {
  const counts = new Map<string, number>()
  for (const { what, seen } of sights) {
    const key = seen === 'so' ? what : seen
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([seen, count]) => (count > 1 ? `${seen} (${count})` : seen)).join(', ')
}
