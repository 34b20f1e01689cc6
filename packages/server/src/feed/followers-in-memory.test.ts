import { followerContract } from '../../test/store/contract/followers.ts'
import { createFollowersInMemory } from './followers-in-memory.ts'

const followers = createFollowersInMemory()
followerContract(() => followers)
