import { faker } from '@faker-js/faker/locale/en'
import { eventTypes, users, type UserEvent } from '../events/topics.ts'
import { between, lanes, weighted } from './hash.ts'
import { people } from './people.ts'
import { clock, sourceOf, type Source, type SourceOptions } from './source.ts'

/** signup, login, view_product, add_to_cart, purchase. */
const pickType = weighted([4, 26, 45, 16, 9])

/** The names of a seed's users: each keeps one. */
function namesOf(seed: number): (userId: number) => string {
  const draw = lanes(seed, 'names')(0)
  const names = new Map<number, string>()
  return (userId) => {
    let name = names.get(userId)
    if (name === undefined) {
      faker.seed(draw(userId))
      name = `${faker.person.firstName()} ${faker.person.lastName()}`
      names.set(userId, name)
    }
    return name
  }
}

/** What the users of the orders do. */
export function userSource(options: SourceOptions): Source<UserEvent> {
  const { seed } = options
  const lane = lanes(seed, 'users')
  const [user, type, product] = [lane(0), lane(1), lane(2)]
  const [pickUser, name, time] = [people(seed), namesOf(seed), clock(options)]
  return sourceOf(users, (i) => {
    const user_id = pickUser(user(i))
    const event_type = eventTypes[pickType(type(i))]!
    const product_id = event_type === 'signup' || event_type === 'login' ? null : between(product(i), 1000, 9999)
    return { user_id, name: name(user_id), event_type, product_id, timestamp: time(i) }
  })
}
