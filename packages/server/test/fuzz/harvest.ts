// What a party learns from an answer: codes and tokens to go on with, and the sealed state of pages.

import type { PlainAnswer } from '../support/http-request.ts'
import { leadsTo } from '../support/leaving-page.ts'
import { know, type Parties, type Party } from './parties.ts'
import type { Request } from './request-plan.ts'

export function harvest(answer: PlainAnswer, request: Request, parties: Parties): void {
  // A page, and what comes of it, belong to whose cookies came with the request.
  const holders = request.presented.filter(({ member }) => member === 'cookies')
  const [holder, ...others] = new Set(holders.map(({ party }) => party))
  if (holder === undefined || others.length > 0) return
  harvestPage(holder, answer.text)
  const location = answer.headers.location ?? leadsTo(answer.text)
  const code = location && URL.canParse(location) && new URL(location).searchParams.get('code')
  if (!code || location === undefined) return
  // For another app than the user's own there is no party: nobody may use that code.
  const [uri = ''] = holder.members.get('redirect_uri') ?? []
  if (location.startsWith(uri) && parties.all.includes(holder)) know(holder, 'code', code)
}

export function harvestPage(party: Party, html: string): void {
  for (const [, name, value] of html.matchAll(/name="(interaction|token)" value="([^"]+)"/g)) {
    know(party, name === 'token' ? 'form_token' : 'interaction', value)
  }
  for (const [, id] of html.matchAll(/name="account" value="([^"]+)"/g)) know(party, 'account', id)
}
