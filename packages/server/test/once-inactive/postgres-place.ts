// The same on PostgreSQL, where a database can be copied as long as nobody is connected to it.

import pg from 'pg'
import type { Clock } from '../../src/platform/clock.ts'
import { createDatabase } from '../support/postgres.ts'
import { ask } from '../support/postgres-cluster.ts'
import { keepSeeds, type Place, type Seeds } from './place.ts'
import { seed, UPGRADE } from './seed.ts'

export async function seedPostgres(clock: Clock): Promise<Seeds> {
  const administrator = new pg.Client(urlOf(await createDatabase(), 'postgres'))
  await administrator.connect()
  let databases = 0
  return {
    of: keepSeeds(async (kind) => {
      const url = await createDatabase()
      const seeded = await seed(kind, { kind: 'postgres', url }, clock)
      if (kind === 'upgraded') await ask(url, UPGRADE(clock.nowSeconds()))
      const template = nameOf(url)
      return {
        ...seeded,
        async createPlace() {
          databases += 1
          const place = createPostgresPlace(administrator, url, `${template}_${databases}`)
          await place.copy(template, place.name)
          return place
        },
      }
    }),
    remove: () => administrator.end(),
  }
}

function createPostgresPlace(administrator: pg.Client, url: string, name: string) {
  const backup = `${name}_backup`
  let hasBackup = false
  const copy = async (from: string, to: string) => {
    await administrator.query(`drop database if exists ${to}`)
    await administrator.query(`create database ${to} template ${from}`)
  }
  const place: Place = {
    settings: { kind: 'postgres', url: urlOf(url, name), poolSize: 2 },
    copiesWhileOpen: false,
    async backUp() {
      await copy(name, backup)
      hasBackup = true
    },
    async putBack() {
      await copy(backup, name)
    },
    async remove() {
      await administrator.query(`drop database if exists ${name}`)
      if (hasBackup) await administrator.query(`drop database ${backup}`)
    },
  }
  return { ...place, name, copy }
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}

function urlOf(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}
