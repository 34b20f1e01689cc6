import { describe, expect, it } from 'vitest'
import { auditTrail, createTestContext, problemsOf } from '../../test/support/operation-context.ts'
import {
  createApplicationKey,
  deleteApplicationKey,
  listApplicationKeys,
  resumeApplicationKey,
  suspendApplicationKey,
} from './application-keys.ts'
import { createOrganisation } from './organisations.ts'

async function context() {
  const created = await createTestContext()
  await createOrganisation({ id: 'acme', name: 'Acme' }, created)
  return created
}

const fieldsOf = async (operation: Promise<unknown>) =>
  (await problemsOf(operation)).map(({ field }) => field)

describe('an application key', () => {
  it('is kept as a hash, with its last characters to recognise it', async () => {
    const given = await context()
    const { key, record } = await createApplicationKey(
      { organisationId: 'acme', name: ' till ', scopes: ['contacts:read'] },
      given,
    )
    expect(key).toMatch(/^ost_ak_/)
    expect(record).toMatchObject({ name: 'till', hint: key.slice(-4), scopes: ['contacts:read'] })
    expect(JSON.stringify(await Array.fromAsync(listApplicationKeys(given)))).not.toContain(
      record.hash,
    )
    expect(JSON.stringify(record)).not.toContain(key)
  })

  it('says everything that is wrong with the input', async () => {
    const given = await context()
    const input = {
      organisationId: 'nowhere',
      name: ' ',
      scopes: ['contacts:read', 'openid', 'unheard:of'],
      expiresAtSeconds: given.clock.nowSeconds(),
      key: 'with:colon:0123456789012345678901234567',
    }
    expect(await fieldsOf(createApplicationKey(input, given))).toEqual([
      ...['name', 'scopes', 'scopes', 'expiresAtSeconds', 'key', 'organisationId'],
    ])
  })

  it('cannot be brought in twice', async () => {
    const given = await context()
    const input = { organisationId: 'acme', name: 'old', key: 'A'.repeat(32) }
    await createApplicationKey(input, given)
    expect(await fieldsOf(createApplicationKey(input, given))).toEqual(['key'])
  })

  it('is suspended, resumed and deleted, once each, and all of it is on record', async () => {
    const given = await context()
    const { record } = await createApplicationKey({ organisationId: 'acme', name: 'k' }, given)
    const keyId = record.id
    expect(await fieldsOf(resumeApplicationKey({ keyId }, given))).toEqual(['key'])
    await suspendApplicationKey({ keyId }, given)
    expect(await fieldsOf(suspendApplicationKey({ keyId }, given))).toEqual(['key'])
    await resumeApplicationKey({ keyId }, given)
    await deleteApplicationKey({ keyId }, given)
    expect(await fieldsOf(deleteApplicationKey({ keyId }, given))).toEqual(['key'])
    const trail = (await auditTrail(given)).filter((line) => line.endsWith(keyId))
    expect(trail).toEqual([
      `test application_key.deleted application_key:${keyId}`,
      `test application_key.resumed application_key:${keyId}`,
      `test application_key.suspended application_key:${keyId}`,
      `test application_key.created application_key:${keyId}`,
    ])
  })
})
