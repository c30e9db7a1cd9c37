namespace Mesh.Client.Tests;

/// <summary>Several settings of the metadata, put into one.</summary>
public sealed class MetadataUpdateTests
{
    [Theory]
    [InlineData("""{"a":1}""", MetadataStrategy.Merge, """{"b":1}""", MetadataStrategy.Replace, """{"b":1}""", MetadataStrategy.Replace)]
    [InlineData("""{"a":1,"b":{"x":1}}""", MetadataStrategy.Merge, """{"b":{"y":2}}""", MetadataStrategy.Merge, """{"a":1,"b":{"y":2}}""", MetadataStrategy.Merge)]
    [InlineData("""{"b":{"x":1},"c":1}""", MetadataStrategy.Replace, """{"b":{"y":2},"c":{"z":1}}""", MetadataStrategy.DeepMerge, """{"b":{"x":1,"y":2},"c":{"z":1}}""", MetadataStrategy.Replace)]
    [InlineData("null", MetadataStrategy.Replace, """{"a":1}""", MetadataStrategy.Merge, """{"a":1}""", MetadataStrategy.Replace)]
    [InlineData("""{"a":1}""", MetadataStrategy.Replace, "[1]", MetadataStrategy.Merge, """{"a":1}""", MetadataStrategy.Replace)]
    public void Say_the_same_as_the_two(string before, MetadataStrategy first, string update, MetadataStrategy second, string result, MetadataStrategy strategy) =>
        MetadataUpdate.Combine(new(RawJson.FromText(before), first), new(RawJson.FromText(update), second))
            .ShouldBe(new(RawJson.FromText(result), strategy));
}
