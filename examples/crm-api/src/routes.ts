// The one implementation of list, get, create, change and delete, for every resource alike.

import type { AccessToken, Guard } from '@ostiary/resource'
import { protect } from '@ostiary/resource/fastify'
import type { FastifyInstance } from 'fastify'
import type { Access } from './access.ts'
import { RequestError, refuseMethod } from './errors.ts'
import type { Resource, ScopeNames } from './resources.ts'
import { changeBody, createBody, idParams, pageQuery } from './schemas.ts'
import type { Owner, Row, Store, Values } from './store.ts'

export interface Organisation {
  readonly id: string
  readonly units: readonly { readonly id: string }[]
  /** Users who get rows of their own besides: for the contract `crm-com`, where a user sees nothing else. */
  readonly consumers?: readonly string[]
}

export interface RouteContext {
  readonly guard: Guard
  readonly access: Access
  readonly scopeNames: ScopeNames
  readonly store: Store
  readonly resources: readonly Resource[]
  readonly organisations: readonly Organisation[]
}

type ById = { Params: { id: number } }
type Body = { Body: Values & { unit_id?: string } }

export function addResource(app: FastifyInstance, context: RouteContext, resource: Resource): void {
  const { guard, scopeNames, store } = context
  const { ownerOf, mayRead, mayWrite } = context.access
  const list = `/${resource.name}`
  const item = `${list}/:id`
  const onRead = protect(guard, { scopes: [scopeNames.read(resource)], check: mayRead })
  const onWrite = protect(guard, { scopes: [scopeNames.write(resource)], check: mayWrite })

  app.get<{ Querystring: { after: number; limit: number } }>(
    list,
    { onRequest: onRead, schema: { querystring: pageQuery } },
    ({ token, query }) => toPage(store, resource, { owner: ownerOf(token), ...query }),
  )

  app.get<ById>(item, { onRequest: onRead, schema: { params: idParams } }, ({ token, params }) =>
    found(resource, store.get(resource, ownerOf(token), params.id)),
  )

  app.post<Body>(
    list,
    { onRequest: onWrite, schema: { body: createBody(resource) } },
    ({ token, body }, reply) => {
      const { unit_id: unitId, ...values } = body
      checkReferences(context, resource, { owner: ownerOf(token), values })
      const row = store.insert(resource, chooseOwner(context, token, unitId), values)
      return reply.code(201).header('location', `${app.prefix}${list}/${row.id}`).send(row)
    },
  )

  app.patch<ById & Body>(
    item,
    { onRequest: onWrite, schema: { params: idParams, body: changeBody(resource) } },
    ({ token, params, body }) => {
      const owner = ownerOf(token)
      checkReferences(context, resource, { owner, values: body })
      return found(resource, store.update(resource, owner, { id: params.id, values: body }))
    },
  )

  app.delete<ById>(
    item,
    { onRequest: onWrite, schema: { params: idParams } },
    ({ token, params }, reply) => {
      if (!store.remove(resource, ownerOf(token), params.id)) throw notFound(resource)
      return reply.code(204).send()
    },
  )

  refuseOtherMethods(app, list, ['GET', 'HEAD', 'POST'])
  refuseOtherMethods(app, item, ['GET', 'HEAD', 'PATCH', 'DELETE'])
}

export function refuseOtherMethods(
  app: FastifyInstance,
  url: string,
  allowed: readonly string[],
): void {
  const method = app.supportedMethods.filter((known) => !allowed.includes(known))
  app.route({ method, url, handler: refuseMethod(allowed) })
}

/** A page and where the next one starts; null at the end. */
function toPage(
  store: Store,
  resource: Resource,
  { owner, after, limit }: { owner: Owner; after: number; limit: number },
) {
  // One row more than asked for tells whether there is a next page.
  const rows = store.list(resource, owner, { after, limit: limit + 1 })
  const data = rows.slice(0, limit)
  return { data, next_after: rows.length > limit ? (data.at(-1)?.id ?? null) : null }
}

/** The owner of a new row: a token for a whole organisation may choose the unit. */
function chooseOwner(context: RouteContext, token: AccessToken, unitId: string | undefined): Owner {
  const owner = context.access.ownerOf(token)
  const organisation = context.organisations.find(({ id }) => id === owner.organisationId)
  const units = owner.unitId ? [owner.unitId] : (organisation?.units ?? []).map(({ id }) => id)
  if (unitId !== undefined && !units.includes(unitId)) {
    throw new RequestError(400, 'body/unit_id names no unit that this token may write to.')
  }
  return { ...owner, unitId: unitId ?? units[0] }
}

/** A reference to a foreign row is refused like one to a row that does not exist. */
function checkReferences(
  context: RouteContext,
  resource: Resource,
  { owner, values }: { owner: Owner; values: Values },
): void {
  for (const { name, target } of resource.columns) {
    const id = values[name]
    if (!target || typeof id !== 'number') continue
    const targetResource = context.resources.find((candidate) => candidate.name === target)
    if (targetResource && context.store.get(targetResource, owner, id)) continue
    throw new RequestError(400, `body/${name} names no row of ${target} that this token can see.`)
  }
}

/** A foreign row is as unknown as one that never was. */
function found(resource: Resource, row: Row | undefined): Row {
  if (!row) throw notFound(resource)
  return row
}

function notFound(resource: Resource): RequestError {
  return new RequestError(404, `There is no ${resource.singular} with this id.`)
}
