using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mesh.Server.Tests.Hosting;

/// <summary>Options out of their range, or that can't be kept together, stop the application, and say so.</summary>
public sealed class MeshOptionsTests
{
    private static readonly IReadOnlyDictionary<string, RangeAttribute?> Ranges = typeof(MeshOptions).GetProperties()
        .Where(option => option.PropertyType.IsValueType)
        .ToDictionary(option => option.Name, option => option.GetCustomAttribute<RangeAttribute>(), StringComparer.Ordinal);

    /// <summary>Of each range what is just below it, and just above.</summary>
    public static TheoryData<string, string> OutOfRange =>
    [
        .. from it in Ranges
           where it.Value is not null
           from value in new[] { Beside(it.Value.Minimum, -1), Beside(it.Value.Maximum, 1) }
           select (it.Key, value),
    ];

    [Fact]
    public void Each_number_and_each_time_has_a_range() => Ranges.ShouldAllBe(it => it.Value != null);

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public async Task Out_of_its_range_an_option_is_told_at_start(string option, string value)
    {
        var refusal = await Should.ThrowAsync<OptionsValidationException>(TestServer.StartAsync(
            services: it => it.Configuration[$"{MeshOptions.Section}:{option}"] = value));
        refusal.Failures.ShouldContain(it => it.Contains($"{option} must be between", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(5, 1, 6, false)]
    [InlineData(5, 1, 7, true)]
    [InlineData(600, 60, -1, true)]
    public async Task A_server_has_to_have_the_time_to_close_its_connections(int drain, int close, int shutdown, bool isRight)
    {
        var starting = TestServer.StartAsync(
            options =>
            {
                options.DrainTime = TimeSpan.FromSeconds(drain);
                options.CloseTimeout = TimeSpan.FromSeconds(close);
            },
            services: it => it.Services.Configure<HostOptions>(host => host.ShutdownTimeout = shutdown < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(shutdown)));
        if (isRight) await (await starting).DisposeAsync();
        else (await Should.ThrowAsync<OptionsValidationException>(starting)).Message.ShouldStartWith(
            "Mesh:DrainTime is 00:00:05, and with Mesh:CloseTimeout (00:00:01) must be less than the host's shutdown timeout (00:00:06, HostOptions.ShutdownTimeout)");
    }

    // Times are declared as texts.
    private static string Beside(object bound, int side) => bound is string time
        ? $"{TimeSpan.Parse(time, CultureInfo.InvariantCulture) + TimeSpan.FromTicks(side)}"
        : $"{(int)bound + side}";
}
