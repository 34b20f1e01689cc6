// Which client ids may be chosen: those that apps in the field have (RFC 6749 §A.1), as far as they mean one app only.
// HTTP Basic has two readings of an id, form-encoded and as it stands (client-auth/client-secret-basic.ts), so that an id
// which could be read as that of another app would keep one of the two out.

import { asClientId } from '../protocol/ids.ts'
import type { ClientRecord } from '../store/records.ts'
import type { FieldProblem, OperationContext } from './operation.ts'

const MAX_LENGTH = 255
const PRINTABLE = /^[!-~](?:[ -~]*[!-~])?$/
const ESCAPE = /%[0-9A-Fa-f]{2}/

/** @param type of the app: one with a secret may send its id by HTTP Basic, where a colon ends it (RFC 7617 §2) */
export function checkClientId(id: string, type: ClientRecord['type']): FieldProblem[] {
  const problem = problemOf(id, type)
  return problem === undefined
    ? []
    : [{ field: 'id', problem: `"${id}" cannot be used: it ${problem}` }]
}

function problemOf(id: string, type: ClientRecord['type']): string | undefined {
  if (id.length > MAX_LENGTH) return `has more than ${MAX_LENGTH} characters`
  if (!PRINTABLE.test(id)) return 'has something else than printable ASCII, or a space at an end'
  const escaped = ESCAPE.exec(id)?.[0]
  if (escaped !== undefined) {
    const meant = characterOf(escaped)
    return `holds ${escaped}, which HTTP Basic also reads as ${meant}, in the id of another app`
  }
  if (id.includes('+') && id.includes(' ')) {
    return 'holds a plus and a space, which HTTP Basic does not tell from each other'
  }
  if (type === 'confidential' && id.includes(':')) {
    return 'holds a colon, where HTTP Basic begins the secret: only an app without a secret can have it'
  }
  return undefined
}

function characterOf(escaped: string): string {
  try {
    return `"${decodeURIComponent(escaped)}"`
  } catch {
    return 'a part of a character'
  }
}

/** @returns the id that HTTP Basic could take for this one, if there can be any */
export function twinOf(id: string): string | undefined {
  if (id.includes('+')) return id.replaceAll('+', ' ')
  return id.includes(' ') ? id.replaceAll(' ', '+') : undefined
}

/** @returns what is wrong with an id because of the apps that are there */
export async function checkTwin(
  id: string | undefined,
  { tenant, store }: OperationContext,
): Promise<FieldProblem[]> {
  const twin = id === undefined ? undefined : twinOf(id)
  if (twin === undefined || !(await store.findClient(tenant.name, asClientId(twin)))) return []
  const problem = `"${id}" cannot be used: HTTP Basic does not tell it from "${twin}", which exists`
  return [{ field: 'id', problem }]
}
