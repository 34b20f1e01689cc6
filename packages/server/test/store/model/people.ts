// The model's organisations, users and sessions.

import type { BySignIn } from '../../../src/store/port/people.ts'
import type { IdentityStore, UserEnding } from '../../../src/store/port.ts'
import type { Membership, OrganisationRecord } from '../../../src/store/records.ts'
import { endUser } from './revocations.ts'
import { by, like, pageOf, partOf, removeWhere, type State } from './state.ts'

const lastSignInFirst = (a: BySignIn, b: BySignIn) => firstSignInFirst(b, a)

const firstSignInFirst = by<BySignIn>(
  (session) => session.authTimeSeconds,
  ({ id }) => id,
)

export function peopleModel(state: State): IdentityStore {
  return { ...organisationModel(state), ...userModel(state), ...sessionModel(state) }
}

function organisationModel(
  state: State,
): Pick<
  IdentityStore,
  | 'createOrganisation'
  | 'listOrganisations'
  | 'findOrganisation'
  | 'findUnit'
  | 'listMemberships'
  | 'changeRole'
> {
  const withUnits = (organisation: OrganisationRecord) => ({
    ...organisation,
    units: state.units
      .filter(like({ tenant: organisation.tenant, organisationId: organisation.id }))
      .toSorted(
        by(
          (unit) => unit.name,
          (unit) => unit.id,
        ),
      ),
  })
  return {
    async createOrganisation(organisation, units) {
      const { tenant, id } = organisation
      if (state.organisations.some(like({ tenant, id }))) return 'exists'
      if (units.some((unit) => state.units.some(like({ tenant, id: unit.id })))) return 'exists'
      state.organisations.push(organisation)
      state.units.push(...units)
      return 'created'
    },

    async listOrganisations(tenant, page) {
      return pageOf(state.organisations.filter(like({ tenant })), page).map(withUnits)
    },

    async findOrganisation(tenant, id) {
      const organisation = state.organisations.find(like({ tenant, id }))
      return organisation ? withUnits(organisation) : null
    },

    async findUnit(tenant, id) {
      return state.units.find((unit) => unit.tenant === tenant && unit.id === id) ?? null
    },

    listMemberships: async (tenant, userId) => membershipsOf(state, tenant, userId),

    async changeRole({ role, ...key }) {
      const at = state.memberships.findIndex(like(key))
      const membership = state.memberships[at]
      if (membership) state.memberships[at] = { ...membership, role }
      return membership !== undefined
    },
  }
}

function membershipsOf(state: State, tenant: string, userId: string): Membership[] {
  const mine = state.memberships.filter(like({ tenant, userId }))
  return state.organisations
    .filter((each) => mine.some(like({ tenant: each.tenant, organisationId: each.id })))
    .toSorted(
      by(
        (each) => each.createdAtSeconds,
        (each) => each.id,
      ),
    )
    .map((organisation) => {
      const membership = mine.find(like({ organisationId: organisation.id }))
      const defaultUnit = state.units.find(
        (unit) =>
          unit.tenant === tenant &&
          unit.id === membership?.defaultUnitId &&
          unit.organisationId === membership.organisationId,
      )
      const furtherUnitIds = membership?.furtherUnitIds ?? []
      const role = membership?.role ?? 'member'
      return { organisation, defaultUnit: defaultUnit ?? null, furtherUnitIds, role }
    })
}

type UserMethods =
  | 'createUser'
  | 'importUsers'
  | 'findUser'
  | 'findUserByUsername'
  | 'findUserForSignIn'
  | 'changeEmail'
  | 'listUsers'
  | 'updatePasswordHash'
  | 'changePassword'
  | 'disableUser'

function userModel(state: State): Pick<IdentityStore, UserMethods> {
  const find = (tenant: string, id: string) =>
    state.users.find((user) => user.tenant === tenant && user.id === id)
  const endEverything = (user: State['users'][number], input: UserEnding) => {
    const { tenant, userId } = input
    removeWhere(state.sessions, like({ tenant, userId }))
    endUser(state, user, input)
    return true
  }
  return {
    async createUser(user, memberships) {
      const { tenant, id, username } = user
      if (find(tenant, id) || state.users.some(like({ tenant, username }))) return 'exists'
      state.users.push({ ...user })
      state.memberships.push(...memberships)
      return 'created'
    },

    async importUsers(users) {
      const before = state.users.length
      const taken: number[] = []
      for (const [position, { user }] of users.entries()) {
        const { tenant, id, username } = user
        if (find(tenant, id) || state.users.some(like({ tenant, username }))) taken.push(position)
        else state.users.push({ ...user })
      }
      if (taken.length > 0) state.users.length = before
      else state.memberships.push(...users.flatMap((each) => each.memberships))
      return taken
    },

    findUser: async (tenant, id) => structuredClone(find(tenant, id) ?? null),

    async findUserByUsername(tenant, username) {
      return structuredClone(state.users.find(like({ tenant, username })) ?? null)
    },

    async findUserForSignIn(tenant, name) {
      const ofTenant = state.users.filter(like({ tenant }))
      const named = ofTenant.find(({ username }) => username === name)
      const [only, ...others] = ofTenant.filter(
        ({ email, emailVerified }) => emailVerified && email?.toLowerCase() === name,
      )
      return structuredClone(named ?? (others.length === 0 ? only : undefined) ?? null)
    },

    async changeEmail({ tenant, userId, email, emailVerified }) {
      const user = find(tenant, userId)
      if (!user) return false
      Object.assign(user, { email, emailVerified })
      return true
    },

    async listUsers(tenant, page) {
      const users = pageOf(state.users.filter(like({ tenant })), page)
      return structuredClone(
        users.map((user) => ({ ...user, memberships: membershipsOf(state, tenant, user.id) })),
      )
    },

    async updatePasswordHash({ tenant, userId, before, after }) {
      const user = find(tenant, userId)
      if (user?.passwordHash !== before) return false
      user.passwordHash = after
      return true
    },

    async changePassword(input) {
      const user = find(input.tenant, input.userId)
      if (!user) return false
      user.passwordHash = input.passwordHash
      return endEverything(user, input)
    },

    async disableUser(input) {
      const user = find(input.tenant, input.userId)
      if (!user || user.disabledAtSeconds !== null) return false
      user.disabledAtSeconds = input.nowSeconds
      return endEverything(user, input)
    },
  }
}

type SessionMethods =
  | 'createSession'
  | 'findSession'
  | 'touchSession'
  | 'listSessions'
  | 'endSession'
  | 'endSessionById'

function sessionModel(state: State): Pick<IdentityStore, SessionMethods> {
  return {
    async createSession(session, passwordHash) {
      const { tenant, userId } = session
      const user = state.users.find(like({ tenant, id: userId, disabledAtSeconds: null }))
      if (passwordHash === null || user?.passwordHash !== passwordHash) return false
      state.sessions.push({ ...session })
      return true
    },

    async findSession(tenant, hash, nowSeconds) {
      const session = state.sessions.find(like({ tenant, hash }))
      if (!session) return null
      if (Math.min(session.expiresAtSeconds, session.endsAtSeconds) <= nowSeconds) return null
      const user = state.users.find(like({ tenant, id: session.userId, disabledAtSeconds: null }))
      return user ? structuredClone({ session, user }) : null
    },

    async touchSession({ tenant, hash, nowSeconds, expiresAtSeconds }) {
      const session = state.sessions.find(like({ tenant, hash }))
      if (!session) return
      session.lastSeenAtSeconds = nowSeconds
      session.expiresAtSeconds = expiresAtSeconds
    },

    async listSessions({ tenant, userId, nowSeconds }, page) {
      const live = state.sessions
        .filter(like({ tenant, userId }))
        .filter((each) => Math.min(each.expiresAtSeconds, each.endsAtSeconds) > nowSeconds)
      return structuredClone(partOf(live, lastSignInFirst, page))
    },

    endSession: async (tenant, hash) => removeWhere(state.sessions, like({ tenant, hash })) > 0,

    endSessionById: async ({ tenant, userId, id }) =>
      removeWhere(state.sessions, like({ tenant, userId, id })) > 0,
  }
}
