using Microsoft.Extensions.Options;

namespace Mesh.Server;

[OptionsValidator]
internal sealed partial class MeshRedisOptionsValidator : IValidateOptions<MeshRedisOptions>;
