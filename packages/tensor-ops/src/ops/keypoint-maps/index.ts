export { type AggregateKeypointMapsOptions, aggregateKeypointMaps, type KeypointMaps } from './keypoint-maps';
export { registerKeypointMaps } from './register-keypoint-maps';
